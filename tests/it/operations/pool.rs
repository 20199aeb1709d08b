//! The choice of connections to Postgres.

use std::thread;

use serde_json::json;
use sqlx::Row;

use crate::support::TestApp;
use crate::support::client::id;
use crate::support::max_wait::until;

/// How many of the service's connections there are, with this `condition`.
fn connections(app: &TestApp, condition: &str) -> i64 {
    let ours = "datname = current_database() and application_name = 'uprof'";
    app.database.row(&format!("select count(*) from pg_stat_activity where {ours} and {condition}")).get(0)
}

#[test]
fn a_single_call_uses_the_connection_that_was_used_last() {
    let app = TestApp::with(&["--organization-connections=8"]);
    let locked = app.database.session("lock table user_profiles in access exclusive mode");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| app.client.list(""));
        }
        until("eight at once", || connections(&app, "wait_event_type = 'Lock'") == 8);
        drop(locked);
    });
    let since: String = app.database.row("select now()::text").get(0);
    for _ in 0..20 {
        app.client.list("");
    }
    // Once a second a connection goes back to where the others are, and another takes its place.
    let used = connections(&app, &format!("query_start > '{since}'"));
    assert!((1..=3).contains(&used), "{used} connections");
}

#[test]
fn one_connection_serves_concurrent_calls_in_turn() {
    let app = TestApp::with(&["--database-connections=1"]);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let profile = app.client.create(&json!({}));
                    app.client.retrieve(id(&profile));
                    app.client.list("limit=1");
                }
            });
        }
    });
    assert_eq!(app.client.pages("limit=100").concat().len(), 80);
}
