//! A service that delivers webhooks to this machine: endpoints, events and deliveries.

use serde_json::{Value, json};

use super::app::TestApp;
use super::client::id;
use super::max_wait::eventually;
use super::page::Page;
use super::receiver::Receiver;

/// The path of webhook endpoints.
pub(crate) const WEBHOOKS: &str = "/v1/organizations/webhooks";

/// Every event kind that an endpoint can subscribe to.
pub(crate) const EVENT_KINDS: [&str; 3] = [
    "user_profile.enforcement_action_opened",
    "user_profile.enforcement_action_resolved",
    "user_profile.program_status_updated",
];

/// A service that polls for deliveries every 20 ms and waits for an endpoint up to `timeout`.
pub(crate) fn delivering(timeout: &str) -> TestApp {
    TestApp::with(&["--webhooks-allow-insecure", "--webhooks-poll=20ms", &format!("--webhooks-timeout={timeout}")])
}

/// Creates an endpoint for every event kind; the answer.
pub(crate) fn register(app: &TestApp, receiver: &Receiver) -> Value {
    app.client.post(WEBHOOKS).json(&json!({"url": receiver.url("/hook?tenant=a"), "enabled_events": EVENT_KINDS})).ok()
}

/// Emits an event for endpoints: submits the enrollment form of a new profile, whose id this answers.
pub(crate) fn emit_event(app: &TestApp) -> String {
    let profile = app.client.create(&json!({}));
    assert_eq!(Page::submit(&app.link(id(&profile))).status, 303);
    id(&profile).to_owned()
}

/// The path of an endpoint.
pub(crate) fn path(endpoint: &Value) -> String {
    format!("{WEBHOOKS}/{}", endpoint["id"].as_str().unwrap())
}

/// Retrieves the endpoint.
pub(crate) fn endpoint(app: &TestApp, endpoint: &Value) -> Value {
    app.client.get(&path(endpoint)).send().ok()
}

/// Its deliveries, oldest first.
pub(crate) fn deliveries(app: &TestApp, endpoint: &Value) -> Vec<Value> {
    let list = app.client.get(&format!("{}/deliveries?order=asc&limit=100", path(endpoint))).send().ok();
    list["data"].as_array().unwrap().clone()
}

/// Its deliveries, as soon as they satisfy `holds`.
#[track_caller]
pub(crate) fn until(app: &TestApp, endpoint: &Value, holds: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    eventually("the deliveries are as expected", || Some(deliveries(app, endpoint)).filter(|found| holds(found)))
}

/// Whether each of `deliveries` is in `state`.
pub(crate) fn all(deliveries: &[Value], state: &str) -> bool {
    deliveries.iter().all(|delivery| delivery["state"] == state)
}

/// Whether the results of at least `count` attempts are stored.
pub(crate) fn attempted(deliveries: &[Value], count: usize) -> bool {
    deliveries.iter().map(|delivery| delivery["attempts"].as_array().unwrap().len()).sum::<usize>() >= count
}

/// Makes the next attempt of every failed delivery due now. The lease of a delivery in flight does not change.
pub(crate) fn make_retries_due(app: &TestApp) {
    app.database.seed("update webhook_deliveries set due_at = now() where state = 'pending' and failures > 0");
}
