//! Webhooks of a process that is killed or stopped while deliveries are in flight.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::Service;
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{Client, PROFILES, id};
use crate::support::database::Database;
use crate::support::page::Page;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{EVENT_KINDS, WEBHOOKS};
use crate::support::{Key, KeySpec};

/// An endpoint may take as long as it likes, so that what is on its way stays there.
const SETTINGS: &[&str] =
    &["--webhooks-allow-insecure", "--webhooks-poll=20ms", "--webhooks-timeout=60m", "--grace=60m"];

/// Ends all leases.
const DUE: &str = "update webhook_deliveries set due_at = now() where state = 'pending'";

fn serve(database: &Database, key: &Key) -> Service {
    let mut service = Service::serve(&database.url(), SETTINGS);
    service.client = service.client.with_key(key);
    service
}

fn register(client: &Client, receiver: &Receiver) -> Value {
    client.post(WEBHOOKS).json(&json!({"url": receiver.url("/hook?tenant=a"), "enabled_events": EVENT_KINDS})).ok()
}

/// Lets the grant of a new profile be asked for.
pub(crate) fn emit_event(client: &Client) {
    let profile = client.create(&json!({}));
    let link = client.post(&format!("{PROFILES}/{}/enrollment_url", id(&profile))).send().ok();
    assert_eq!(Page::submit(link["url"].as_str().unwrap()).status, 303);
}

fn key(database: &Database) -> Key {
    let accounts = Accounts::of(database.url());
    accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default())
}

#[test]
fn deliveries_in_flight_at_a_kill_and_all_later_ones_arrive() {
    const ROUNDS: usize = 3;
    const EVENTS: usize = 4;
    let database = Database::migrated();
    let key = key(&database);
    // The third that comes in a round is not answered: it is on its way when the process is killed.
    let (countdown, held) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(Mutex::new(Vec::new())));
    let (counted, noted) = (Arc::clone(&countdown), Arc::clone(&held));
    let receiver = Receiver::answering(move |number| {
        if counted.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Reply::Status(200);
        }
        noted.lock().unwrap().push(number);
        Reply::Silence
    });
    let mut secret = Value::Null;
    for round in 0..ROUNDS {
        let mut service = serve(&database, &key);
        if round == 0 {
            secret = register(&service.client, &receiver)["signing_secret"].clone();
        }
        countdown.store(2, Ordering::SeqCst);
        for _ in 0..EVENTS {
            emit_event(&service.client);
        }
        eventually("one is on its way", || (held.lock().unwrap().len() > round).then_some(()));
        service.process.signal(Signal::KILL);
        assert_eq!(service.process.wait().code(), None);
        // What it had taken on is due to others as soon as its leases end.
        database.seed(DUE);
    }
    let _service = serve(&database, &key);
    let delivered = "webhook_deliveries where state = 'delivered'";
    eventually("everything is delivered", || (database.count(delivered) == 12).then_some(()));
    let arrived = receiver.arrived(12);
    assert!(arrived.iter().all(|each| each.is_signed_with(secret.as_str().unwrap())));
    let delivered: BTreeSet<_> = arrived.iter().map(|each| each.json()["data"]["id"].to_string()).collect();
    assert_eq!(delivered.len(), ROUNDS * EVENTS);
    for number in held.lock().unwrap().iter().copied() {
        let held = &arrived[number];
        let again: Vec<_> = arrived.iter().filter(|each| each.id() == held.id()).collect();
        assert!(again.len() > 1 && again.iter().all(|each| each.body == held.body), "{held:?}");
    }
}

#[test]
fn a_stopping_process_waits_for_deliveries_in_flight_and_starts_no_more() {
    let database = Database::migrated();
    let key = key(&database);
    let mut service = serve(&database, &key);
    let receiver = Receiver::that(Reply::Silence);
    register(&service.client, &receiver);
    emit_event(&service.client);
    receiver.arrived(1);
    emit_event(&service.client);
    service.process.signal(Signal::TERM);
    eventually("it stops", || {
        service.process.stderr.so_far().iter().any(|line| line.contains("stopping")).then_some(())
    });
    assert!(!service.process.has_ended());
    drop(receiver);
    assert!(service.process.wait().success());
    assert_eq!(database.count("webhook_attempts"), 1);
    assert_eq!(database.count("webhook_deliveries where attempts = 0"), 1);
}
