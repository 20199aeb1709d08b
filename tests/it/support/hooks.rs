//! A service that delivers webhooks to this machine, and what its tests ask of it.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::app::TestApp;
use super::client::{PATIENCE, id};
use super::page::Page;
use super::receiver::Receiver;

/// Where endpoints are administered.
pub(crate) const WEBHOOKS: &str = "/v1/organizations/webhooks";

/// What an endpoint can hear of.
pub(crate) const SUBJECTS: [&str; 3] = [
    "user_profile.enforcement_action_opened",
    "user_profile.enforcement_action_resolved",
    "user_profile.program_status_updated",
];

/// A service that looks often and waits for an endpoint as long as `timeout` says.
pub(crate) fn delivering(timeout: &str) -> TestApp {
    TestApp::with(&["--webhooks-allow-insecure", "--webhooks-poll=20ms", &format!("--webhooks-timeout={timeout}")])
}

/// An endpoint of the organization, as its creation answers it.
pub(crate) fn register(app: &TestApp, receiver: &Receiver) -> Value {
    app.client.post(WEBHOOKS).json(&json!({"url": receiver.url("/hook?tenant=a"), "enabled_events": SUBJECTS})).ok()
}

/// Lets something happen of which endpoints hear: the grant of a new profile is asked for.
pub(crate) fn happen(app: &TestApp) -> String {
    let profile = app.client.create(&json!({}));
    assert_eq!(Page::submit(&app.link(id(&profile))).status, 303);
    id(&profile).to_owned()
}

/// The path of an endpoint.
pub(crate) fn path(endpoint: &Value) -> String {
    format!("{WEBHOOKS}/{}", endpoint["id"].as_str().unwrap())
}

/// The endpoint as it is now.
pub(crate) fn endpoint(app: &TestApp, endpoint: &Value) -> Value {
    app.client.get(&path(endpoint)).send().ok()
}

/// Its deliveries, oldest first.
pub(crate) fn deliveries(app: &TestApp, endpoint: &Value) -> Vec<Value> {
    let list = app.client.get(&format!("{}/deliveries?order=asc&limit=100", path(endpoint))).send().ok();
    list["data"].as_array().unwrap().clone()
}

/// Its deliveries, once `holds` of them.
#[track_caller]
pub(crate) fn until(app: &TestApp, endpoint: &Value, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    eventually(|| Some(deliveries(app, endpoint)).filter(|found| holds(found)))
}

/// What `look` finds in the end.
#[track_caller]
pub(crate) fn eventually<T>(look: impl Fn() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "it never came to this");
        thread::park_timeout(Duration::from_millis(10));
    }
}

/// Whether each of `deliveries` was settled as `state`.
pub(crate) fn all(deliveries: &[Value], state: &str) -> bool {
    deliveries.iter().all(|delivery| delivery["state"] == state)
}

/// Whether `count` attempts were settled.
pub(crate) fn tried(deliveries: &[Value], count: usize) -> bool {
    deliveries.iter().map(|delivery| delivery["attempts"].as_array().unwrap().len()).sum::<usize>() >= count
}

/// Lets what waits for its next attempt be due now. What is on its way is left alone: its lease ends with the timeout.
pub(crate) fn hurry(app: &TestApp) {
    app.database.seed("update webhook_deliveries set due_at = now() where state = 'pending' and failures > 0");
}
