//! What is counted of calls that wait for Postgres, are done again, answered from storage, or refused for what others did.

use std::thread;

use serde_json::json;
use uprof::domain::credential::api_key::Scope;

use crate::support::client::{PROFILES, id, path};
use crate::support::max_wait::until;
use crate::support::{KeySpec, TestApp};

/// Waits until so many of the service's statements wait for a lock.
fn waiting_for_locks(app: &TestApp, count: i64) {
    until("statements that wait for a lock", || {
        let waiting = "select count(*) from pg_stat_activity
                        where datname = current_database() and application_name = 'uprof' and wait_event_type = 'Lock'";
        sqlx::Row::get::<i64, _>(&app.database.row(waiting), 0) == count
    });
}

fn waiting(app: &TestApp, resource: &str) -> u64 {
    app.metrics().count(&format!("uprof_database_waiting{{resource=\"{resource}\"}}"))
}

fn waits(app: &TestApp, resource: &str) -> u64 {
    app.metrics().count(&format!("uprof_database_wait_seconds_count{{resource=\"{resource}\"}}"))
}

fn retries(app: &TestApp, reason: &str) -> u64 {
    app.metrics().count(&format!("uprof_database_retries_total{{reason=\"{reason}\"}}"))
}

fn conflicts(app: &TestApp, reason: &str) -> u64 {
    app.metrics().count(&format!("uprof_http_conflicts_total{{reason=\"{reason}\"}}"))
}

#[test]
fn calls_that_wait_for_a_connection_or_for_their_share_are_counted() {
    let app = TestApp::with(&[
        "--database-connections=2",
        "--organization-connections=1",
        "--lock-timeout=1m",
        "--statement-timeout=1m",
    ]);
    let strangers = [app.strangers_key(), app.strangers_key()].map(|key| app.client.with_key(&key));
    for client in strangers.iter().chain([&app.client]) {
        client.list("");
    }
    let before = (waits(&app, "connection"), waits(&app, "share"));
    let locked = app.database.session("lock table user_profiles in access exclusive mode");
    thread::scope(|scope| {
        scope.spawn(|| app.client.list(""));
        scope.spawn(|| strangers[0].list(""));
        waiting_for_locks(&app, 2);
        scope.spawn(|| app.client.list(""));
        until("a call that waits for its share", || waiting(&app, "share") == 1);
        scope.spawn(|| strangers[1].list(""));
        until("a call that waits for a connection", || waiting(&app, "connection") == 1);
        drop(locked);
    });
    assert_eq!((waiting(&app, "connection"), waiting(&app, "share")), (0, 0));
    assert!(waits(&app, "connection") > before.0);
    assert_eq!(waits(&app, "share"), before.1 + 1);
}

#[test]
fn a_read_whose_connection_is_lost_and_an_update_that_loses_a_race_are_counted_as_retries() {
    let app = TestApp::with(&["--lock-timeout=1m", "--statement-timeout=1m"]);
    let profile = app.client.create(&json!({"name": "Before"}));
    let locked = app.database.session("lock table user_profiles in access exclusive mode");
    thread::scope(|scope| {
        scope.spawn(|| app.client.list(""));
        waiting_for_locks(&app, 1);
        app.database.seed(
            "select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and application_name = 'uprof' and wait_event_type = 'Lock'",
        );
        until("another attempt", || retries(&app, "lost_connection") == 1);
        waiting_for_locks(&app, 1);
        drop(locked);
    });
    assert_eq!(retries(&app, "lost_race"), 0);
    let changed = app.database.session("update user_profiles set revision = revision + 1");
    thread::scope(|scope| {
        scope.spawn(|| app.client.update(id(&profile), &json!({"name": "After"})));
        waiting_for_locks(&app, 1);
        changed.commit();
    });
    // In a batch of its own it skips the locked profile first, and then waits for it by itself.
    assert!((1..=2).contains(&retries(&app, "lost_race")), "{}", retries(&app, "lost_race"));
    assert_eq!(retries(&app, "lost_connection"), 1);
    assert_eq!(app.client.retrieve(id(&profile))["name"], "After");
}

#[test]
fn replays_and_conflicts_are_counted() {
    let app = TestApp::with(&["--lock-timeout=1m", "--statement-timeout=1m"]);
    let create = |key: &str| app.client.post(PROFILES).header("idempotency-key", key).json(&json!({}));
    let first = create("one").ok();
    for count in 1..=2 {
        assert_eq!(create("one").ok(), first);
        assert_eq!(app.metrics().count("uprof_idempotent_replays_total"), count);
    }
    let update = app.client.post(&path(id(&first))).header("if-match", "\"9-2026-03-24\"");
    update.json(&json!({"name": "After"})).refused(412);
    let key = app.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() });
    let itself = format!("/v1/organizations/api_keys/{}", key.id);
    app.client.with_key(&key).delete(&itself).send().refused(409);
    let locked = app.database.session("lock table user_profiles in share mode");
    thread::scope(|scope| {
        let running = scope.spawn(|| create("two").status);
        waiting_for_locks(&app, 1);
        create("two").refused(409);
        drop(locked);
        assert_eq!(running.join().unwrap(), 200);
    });
    for reason in ["in_progress", "precondition", "state"] {
        assert_eq!(conflicts(&app, reason), 1, "{reason}");
    }
    let updates = "operation=\"update_user_profile\",version=\"2026-03-24\",status=\"412\"";
    assert_eq!(app.metrics().count(&format!("uprof_http_requests_total{{{updates}}}")), 1);
}
