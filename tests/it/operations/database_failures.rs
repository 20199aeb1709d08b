//! The database is slow, overloaded or down, and recovers.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::Row;

use crate::support::TestApp;
use crate::support::client::{PROFILES, id};
use crate::support::max_wait::MAX_WAIT;
use crate::support::routes::Route;

const LOCKED: &str = "lock table user_profiles, trust_grants, events, webhook_endpoints in access exclusive mode";

/// Asks until the service answers with a success, as its clients do.
fn until_it_is_back(app: &TestApp) {
    let begun = Instant::now();
    // Nothing is ever sent: this only waits.
    let (_sender, silence) = mpsc::channel::<()>();
    while app.client.get(PROFILES).send().status != 200 {
        assert!(begun.elapsed() < MAX_WAIT, "the service does not come back");
        let _ = silence.recv_timeout(Duration::from_millis(50));
    }
}

#[test]
fn without_a_database_every_route_is_unavailable_and_recovers_with_it() {
    let app = TestApp::with(&["--database-wait=300ms"]);
    let profile = app.client.create(&json!({"name": "Before"}));
    app.database.set_reachable(false);
    // Notices the loss: a change on a connection that was used a moment ago and is lost may be of unknown outcome.
    app.client.get(PROFILES).send().refused(503);
    for route in Route::all() {
        let answer = route.take(&app.client, id(&profile));
        assert_eq!(answer.refused(503), "The database is unavailable", "{} {}", route.method, route.path);
    }
    app.client.get("/health/ready").send().refused(503);
    app.client.get("/health/live").send().ok();
    // Violations that need no database are still reported.
    app.client.get("/nowhere").send().refused(404);
    app.client.without_key().get(PROFILES).send().refused(401);

    app.database.set_reachable(true);
    until_it_is_back(&app);
    app.client.get("/health/ready").send().ok();
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn a_schema_that_is_behind_is_not_ready_and_a_newer_one_is() {
    let app = TestApp::start();
    let ready = || app.client.without_key().get("/health/ready").send();
    app.database.execute(
        "insert into refinery_schema_history (version, name, applied_on, checksum)
         select max(version) + 1, 'newer', '2030-01-01T00:00:00Z', '0' from refinery_schema_history",
    );
    ready().ok();
    app.database.execute("delete from refinery_schema_history where name = 'newer'");
    ready().ok();
    app.database.execute(
        "delete from refinery_schema_history where version = (select max(version) from refinery_schema_history)",
    );
    assert_eq!(ready().refused(503), "The database is unavailable");
    app.database.execute("truncate refinery_schema_history");
    assert_eq!(ready().refused(503), "The database is unavailable");
    app.database.execute("drop table refinery_schema_history");
    assert_eq!(ready().refused(503), "The database is unavailable");
}

#[test]
fn connections_to_a_server_that_was_demoted_are_replaced() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let create = || app.client.post(PROFILES).json(&json!({}));
    // New sessions are as those of a standby; those that exist stay as they are.
    let name = app.database.row("select current_database()").get::<String, _>(0);
    app.database.execute(&format!("alter database {name} set default_transaction_read_only = on"));
    app.database.set_reachable(false);
    app.database.set_reachable(true);
    until_it_is_back(&app);
    for _ in 0..4 {
        assert_eq!(create().refused(503), "The database is unavailable");
    }
    app.database
        .execute(&format!("set transaction read write; alter database {name} reset default_transaction_read_only"));
    let attempts = (0..10).position(|_| create().status == 200);
    assert!(attempts.is_some(), "the connections from before are still in use");
    assert_eq!(app.client.list("")["data"].as_array().map(Vec::len), Some(2));
    app.client.retrieve(id(&profile));
}

#[test]
fn connections_that_died_are_replaced() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for _ in 0..3 {
        app.database.set_reachable(false);
        app.database.set_reachable(true);
        until_it_is_back(&app);
        assert_eq!(app.client.retrieve(id(&profile)), profile);
    }
}

#[test]
fn a_statement_over_its_deadline_is_cancelled_and_changes_nothing() {
    let app = TestApp::with(&["--statement-timeout=200ms"]);
    let profile = app.client.create(&json!({"name": "Before"}));
    let locked = app.database.session(&format!("{LOCKED}; lock table api_keys in access exclusive mode"));
    for route in Route::all() {
        let answer = route.take(&app.client, id(&profile));
        assert_eq!(answer.refused(504), "The database did not answer in time", "{} {}", route.method, route.path);
    }
    app.client.get("/health/ready").send().ok();
    drop(locked);
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn an_update_that_waits_too_long_for_a_lock_changes_nothing() {
    let app = TestApp::with(&["--statement-timeout=200ms"]);
    let profile = app.client.create(&json!({"name": "Before", "metadata": {"plan": "pro"}}));
    let locked = app.database.session("select from user_profiles for update");
    let changes = json!({"name": "After", "metadata": {"plan": "free"}});
    app.client.post(&format!("{PROFILES}/{}", id(&profile))).json(&changes).refused(504);
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    drop(locked);
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    assert_eq!(app.client.update(id(&profile), &changes)["name"], "After");
}

#[test]
fn a_request_without_a_free_connection_is_refused_and_not_queued_for_ever() {
    let app = TestApp::with(&["--database-connections=2", "--database-wait=200ms", "--statement-timeout=2s"]);
    let profile = app.client.create(&json!({}));
    let locked = app.database.session(LOCKED);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let requests: Vec<_> = (0..12).map(|_| scope.spawn(|| app.client.get(PROFILES).send().status)).collect();
        requests.into_iter().map(|request| request.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| [503, 504].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&503), "{statuses:?}");
    drop(locked);
    until_it_is_back(&app);
    assert_eq!(app.client.list("")["data"], json!([profile]));
}
