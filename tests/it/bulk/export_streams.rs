//! Exports whose clients are slow or gone, and exports that do not come to their end.

use std::net::TcpStream;
use std::thread;

use serde_json::json;
use sqlx::Row;

use super::streams::{MANY, begin, begin_with, dechunked, lines, with_many};
use crate::support::client::{EXPORT, id};
use crate::support::database::runtime;
use crate::support::max_wait::until;
use crate::support::{TestApp, Wire};

/// A client that reads nothing is not disconnected within a test.
const PATIENT: &str = "--write-timeout=60m";

/// How many of the service's connections do anything, or hold a transaction.
fn busy_connections(app: &TestApp) -> i64 {
    let sql = "select count(*) from pg_stat_activity
                where datname = current_database() and application_name = 'uprof' and (state <> 'idle' or xact_start is not null)";
    app.database.row(sql).get(0)
}

/// Waits until the export of `wire` has begun.
fn until_begun(wire: &mut Wire) {
    until("the answer", || wire.has_answer());
    assert_eq!(wire.head().0, 200);
}

#[test]
fn a_client_that_reads_nothing_holds_no_connection_and_gets_later_pages_as_they_are_then() {
    let app = with_many(&[PATIENT]);
    let last = app.client.list("limit=1")["data"][0].clone();
    let mut wire = begin(&app);
    until_begun(&mut wire);
    until("all connections are idle", || busy_connections(&app) == 0);
    app.client.delete(&format!("/v1/user_profiles/{}", id(&last))).send().ok();
    until("all connections are idle again", || busy_connections(&app) == 0);
    let (text, is_complete) = dechunked(&wire.rest());
    let lines = lines(&text);
    assert!(is_complete);
    assert_eq!(lines.len(), MANY);
    assert_eq!(lines[MANY - 1], json!({"type": "export_trailer", "count": MANY - 1, "next_page": null}));
}

#[test]
fn a_client_that_never_reads_is_disconnected() {
    let app = with_many(&["--write-timeout=1s"]);
    let mut wire = begin(&app);
    until_begun(&mut wire);
    let closed = "uprof_http_connections_closed_total{reason=\"slow_reader\"}";
    until("the deadline", || app.metrics().count(closed) == 1);
    let (text, is_complete) = dechunked(&wire.rest());
    assert!(!is_complete && !text.contains("export_trailer"));
    // Its place is free again.
    for _ in 0..3 {
        app.client.get(&format!("{EXPORT}?limit=1")).send().ok();
    }
}

#[test]
fn an_export_whose_database_is_lost_ends_without_a_trailer_and_goes_on_after_its_last_line() {
    let app = with_many(&[PATIENT]);
    let mut wire = begin(&app);
    until_begun(&mut wire);
    until("all connections are idle", || busy_connections(&app) == 0);
    app.database.set_reachable(false);
    let (text, is_complete) = dechunked(&wire.rest());
    let first = lines(&text);
    assert!(!is_complete && !text.contains("export_trailer"));
    assert!(!first.is_empty() && first.len() < MANY);
    app.database.set_reachable(true);
    let path = format!("{EXPORT}?after_id={}", id(first.last().unwrap()));
    until("the database", || app.client.get("/health/ready").send().status == 200);
    let rest = app.client.get(&path).send().ok();
    assert_eq!(first.len() + rest.as_array().unwrap().len(), MANY + 1);
    assert_ne!(rest[0]["id"], first.last().unwrap()["id"]);
}

#[test]
fn a_stopping_service_ends_an_export_with_the_cursor_at_which_another_goes_on() {
    let app = with_many(&[PATIENT, "--grace=30s"]);
    let mut wire = begin(&app);
    until_begun(&mut wire);
    let (other, replica) = app.another_replica();
    let stopper = app.stopper();
    let stopping = thread::spawn(move || runtime().block_on(stopper.stop()));
    until("the listener is disconnected", || TcpStream::connect(app.address).is_err());
    let (text, is_complete) = dechunked(&wire.rest());
    let mut first = lines(&text);
    let trailer = first.pop().unwrap();
    assert!(is_complete && first.len() < MANY);
    assert_eq!((&trailer["type"], &trailer["count"]), (&json!("export_trailer"), &json!(first.len())));
    let rest = other.get(&format!("{EXPORT}?page={}", trailer["next_page"].as_str().unwrap())).send().ok();
    assert_eq!(first.len() + rest.as_array().unwrap().len(), MANY + 1);
    stopping.join().unwrap();
    drop(replica);
}

#[test]
fn an_organization_has_two_exports_at_once_and_takes_none_from_another() {
    let app = with_many(&[PATIENT]);
    let mut running = [begin(&app), begin(&app)];
    running.iter_mut().for_each(until_begun);
    let refused = app.client.get(EXPORT).send();
    assert_eq!(refused.refused(503), "Too many exports of this organization are running");
    // Reads of another kind go on, and so do exports of others.
    app.client.list("");
    app.client.with_key(&app.strangers_key()).get(EXPORT).send().ok();
    let [first, second] = running;
    drop(first);
    until("a free place", || app.client.get(&format!("{EXPORT}?limit=1")).send().status == 200);
    drop(second);
}

#[test]
fn all_organizations_together_have_a_bounded_number_of_exports() {
    let app = with_many(&[PATIENT]);
    // What a stranger exports is too little to be waited for, so the organization's own profiles are moved to each of them.
    let mut running = Vec::new();
    for _ in 0..8 {
        let key = app.strangers_key();
        app.database.seed(&format!(
            "set session_replication_role = replica;
             insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship)
             select '{0}', id, created_at, updated_at, name, relationship from user_profiles where organization_id = '{1}';
             insert into user_profile_metadata (organization_id, profile_id, key, value)
             select '{0}', profile_id, key, value from user_profile_metadata where organization_id = '{1}'",
            key.organization.uuid(),
            app.key.organization.uuid(),
        ));
        for _ in 0..2 {
            let mut wire = begin_with(&app, &key.secret);
            until_begun(&mut wire);
            running.push(wire);
        }
    }
    let refused = app.client.get(EXPORT).send();
    assert_eq!(refused.refused(503), "Too many exports of all organizations are running");
    running.pop();
    until("a free place", || app.client.get(&format!("{EXPORT}?limit=1")).send().status == 200);
}

#[test]
fn the_head_of_an_export_has_no_body() {
    let app = with_many(&[PATIENT]);
    let key = &app.key.secret;
    let mut wire = Wire::connect(app.address);
    wire.send(format!("HEAD {EXPORT} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n"));
    let (status, headers) = wire.head();
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "application/x-ndjson"));
    wire.send("GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    wire.answer().ok();
    assert_eq!(wire.rest(), b"");
}

#[test]
fn a_client_of_http_1_0_gets_lines_without_chunks_until_the_connection_ends() {
    let app = TestApp::start();
    app.client.create(&json!({"name": "One"}));
    let mut wire = Wire::connect(app.address);
    wire.send(format!("GET {EXPORT} HTTP/1.0\r\nx-api-key: {}\r\n\r\n", app.key.secret));
    let (status, headers) = wire.head();
    assert_eq!((status, headers.get("transfer-encoding"), headers.get("content-length")), (200, None, None));
    let lines = lines(std::str::from_utf8(&wire.rest()).unwrap());
    assert_eq!((lines.len(), &lines[0]["name"], &lines[1]["count"]), (2, &json!("One"), &json!(1)));
}
