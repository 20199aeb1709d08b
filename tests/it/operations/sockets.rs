//! Clients that take more than they give: every wait for a client has its limit, and one request of a connection is served at a time.

use serde_json::json;

use crate::support::client::PROFILES;
use crate::support::max_wait::until;
use crate::support::{TestApp, Wire};

/// Never passes within a test.
const LONG: &str = "60m";

const DOCUMENT: &str = "GET /openapi/ga.json HTTP/1.1\r\nhost: x\r\n\r\n";
const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

fn create(app: &TestApp, name: &str, headers: &str) -> String {
    // Large enough for a body of several pieces.
    let body = json!({"name": name, "metadata": {"padding": "x".repeat(500)}}).to_string();
    let key = &app.key.secret;
    let length = body.len();
    format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
}

fn names(app: &TestApp) -> Vec<String> {
    let listed = app.client.list("order=asc&limit=100")["data"].clone();
    listed.as_array().unwrap().iter().map(|profile| profile["name"].as_str().unwrap().to_owned()).collect()
}

fn closed(app: &TestApp, reason: &str) -> u64 {
    app.metrics().count(&format!("uprof_http_connections_closed_total{{reason=\"{reason}\"}}"))
}

fn executed(app: &TestApp) -> u64 {
    let metrics = app.metrics();
    metrics.named("uprof_http_requests_total").iter().map(|series| metrics.count(series)).sum()
}

#[test]
fn pipelined_requests_in_pieces_are_each_answered_and_executed_once() {
    let app = TestApp::start();
    let mut expected = Vec::new();
    for size in [1, 97, 1_448, 3_000, 8_192, 16_384, 100_000] {
        let mut wire = Wire::connect(app.address);
        let batch: Vec<_> = (0..14).map(|number| format!("{size}-{number}")).collect();
        let requests: String = batch.iter().map(|name| create(&app, name, "")).collect();
        // A byte at a time would take long for all of them.
        let (slow, rest) = requests.as_bytes().split_at(if size == 1 { 2_000 } else { requests.len() });
        for piece in slow.chunks(size).chain([rest]) {
            wire.send(piece);
        }
        for name in &batch {
            let answer = wire.answer();
            assert_eq!(answer.header("connection"), None, "{name}");
            assert_eq!(answer.ok()["name"], name.as_str());
        }
        expected.extend(batch);
    }
    assert_eq!(names(&app), expected);
}

#[test]
fn requests_behind_an_answer_that_closes_are_not_executed() {
    let app = TestApp::start();
    let behind = create(&app, "Behind", "");
    let half = create(&app, "Half", "content-encoding: gzip\r\n");
    let half = &half[..half.len() - 100];
    for (request, status) in [
        (create(&app, "First", "connection: close\r\n"), 200),
        (create(&app, "First", "").replacen("HTTP/1.1", "HTTP/1.0", 1), 200),
        (half.to_owned(), 400),
        (create(&app, "First", "content-length: 2\r\n"), 400),
    ] {
        let mut wire = Wire::connect(app.address);
        let _ = wire.try_send(format!("{request}{behind}{behind}"));
        let answer = wire.answer();
        assert_eq!(answer.status, status, "{request}");
        assert!(answer.header("connection") == Some("close") || request.contains("HTTP/1.0"), "{request}");
        assert_eq!(wire.rest(), b"");
    }
    assert_eq!(names(&app), ["First", "First"]);
}

#[test]
fn requests_behind_an_unread_answer_wait_unexecuted() {
    let app = TestApp::with(&["--write-timeout=60m"]);
    let mut wire = Wire::connect(app.address);
    wire.send(DOCUMENT.repeat(4_000));
    let mut before = 0;
    until("the service waits for the client", || {
        let now = executed(&app);
        // The count at two moments, between which others were served.
        (0..5).for_each(|_| _ = app.client.get("/health/live").send().ok());
        now > 0 && now == std::mem::replace(&mut before, now)
    });
    // What the system buffers for the connection holds some answers.
    assert!(executed(&app) < 400, "{}", executed(&app));
    drop(wire);
}

#[test]
fn all_of_many_pipelined_requests_are_answered_to_a_client_that_reads() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    wire.send(LIVE.repeat(2_000));
    for _ in 0..2_000 {
        wire.answer().ok();
    }
}

#[test]
fn requests_that_arrive_behind_a_full_queue_are_answered_without_a_further_event() {
    let app = TestApp::with(&["--statement-timeout=60s", &format!("--keep-alive={LONG}")]);
    let profile = app.client.create(&json!({"name": "Before"}));
    let id = profile["id"].as_str().unwrap();
    let lock = app.database.session("select from user_profiles for update");
    let update = create(&app, "After", "").replacen(PROFILES, &format!("{PROFILES}/{id}"), 1);
    let mut wire = Wire::connect(app.address);
    // The first waits for the row; the others would be answered without waiting for anything.
    wire.send(format!("{update}{}", LIVE.repeat(20)));
    app.client.list("");
    wire.send(LIVE.repeat(11));
    app.client.list("");
    drop(lock);
    assert_eq!(wire.answer().ok()["name"], "After");
    for _ in 0..31 {
        wire.answer().ok();
    }
}

#[test]
fn a_client_that_does_not_read_its_answer_is_disconnected() {
    let app = TestApp::with(&["--write-timeout=500ms", &format!("--keep-alive={LONG}")]);
    let mut wire = Wire::connect(app.address);
    wire.send(DOCUMENT.repeat(4_000));
    until("it is disconnected", || closed(&app, "slow_reader") == 1);
    drop(wire);
    app.client.list("");
}

#[test]
fn every_head_has_a_deadline_that_no_byte_extends() {
    let app = TestApp::with(&["--header-timeout=300ms", &format!("--keep-alive={LONG}")]);
    for begun in ["\r\n", "G", "GET /health/live HTTP/1.1\r\nhost: x\r\n"] {
        let mut wire = Wire::connect(app.address);
        wire.send(LIVE);
        wire.answer().ok();
        wire.send(begun);
        assert_eq!(wire.answer().refused(408), "headers: Request took too long to arrive", "{begun:?}");
        assert_eq!(wire.rest(), b"");
    }
    let mut wire = Wire::connect(app.address);
    wire.send("GET /health/live HTTP/1.1\r\nhost: x\r\nx: ");
    // Not so fast that the head becomes too large.
    while wire.try_send("x").is_ok() && !wire.has_answer() {
        app.client.get("/health/live").send().ok();
    }
    wire.answer().refused(408);
    assert_eq!(closed(&app, "slow_head"), 4);
}

#[test]
fn a_body_behind_an_answered_request_is_not_waited_for() {
    let app = TestApp::with(&[&format!("--body-timeout={LONG}"), &format!("--keep-alive={LONG}")]);
    for request in ["GET /health/live", "POST /nowhere", "GET /docs"] {
        let mut wire = Wire::connect(app.address);
        wire.send(format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{{"));
        assert!(!wire.rest().is_empty(), "{request}");
    }
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    let _ = wire.try_send(format!("GET /health/live HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(40_000)));
    assert_eq!(wire.answer().refused(431), "headers: Request should have at most 32768 bytes");
    assert_eq!(wire.rest(), b"");
    let mut wire = Wire::connect(app.address);
    wire.send(format!("GET /health/live HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(30_000)));
    wire.answer().ok();
}

#[test]
fn refused_heads_are_counted_with_their_status() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    wire.send("GET\r\n\r\n");
    wire.answer().refused(400);
    let counted = "uprof_http_requests_total{operation=\"none\",version=\"none\",status=\"400\"}";
    assert_eq!(app.metrics().count(counted), 1);
}

#[test]
fn waiting_connections_are_closed_for_new_ones_and_those_in_use_are_not() {
    let endless = ["--statement-timeout=60s", "--header-timeout=60m", "--keep-alive=60m"];
    let app = TestApp::with(&[&["--max-connections=40", "--workers=1"][..], &endless].concat());
    let profile = app.client.create(&json!({"name": "Before"}));
    let id = profile["id"].as_str().unwrap();
    // Its update waits for the row, so the service works for it.
    let lock = app.database.session("select from user_profiles for update");
    let mut busy = Wire::connect(app.address);
    let request = create(&app, "After", "").replacen(PROFILES, &format!("{PROFILES}/{id}"), 1);
    busy.send(request);
    let mut waiting: Vec<_> = (0..200)
        .map(|_| {
            let mut wire = Wire::connect(app.address);
            wire.send(LIVE);
            wire.answer().ok();
            wire
        })
        .collect();
    assert!(app.metrics().count("uprof_http_connections") <= 40 + 32);
    assert!(closed(&app, "evicted") >= 160);
    drop(lock);
    assert_eq!(busy.answer().ok()["name"], "After");
    // The newest have stayed.
    let newest = waiting.last_mut().unwrap();
    newest.send(LIVE);
    newest.answer().ok();
    drop(waiting);
    until("all are counted out", || app.metrics().count("uprof_http_connections") <= 2);
}

#[test]
fn unread_answers_take_no_more_memory_than_allowed() {
    let app = TestApp::with(&["--workers=1", "--write-timeout=60m"]);
    let mut page = Wire::connect(app.address);
    page.send("GET /docs/operator HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let page = String::from_utf8(page.rest()).unwrap();
    // The largest answer that needs no key: more than a megabyte.
    let bundle = page.split('"').find(|url| url.ends_with("/swagger-ui-bundle.js")).unwrap();
    let bundle = format!("GET {bundle} HTTP/1.1\r\nhost: x\r\n\r\n");
    let unread: Vec<_> = (0..120)
        .map(|_| {
            let mut wire = Wire::connect(app.address);
            // The system holds the first for the client.
            wire.send(bundle.repeat(20));
            wire
        })
        .collect();
    until("some are closed", || closed(&app, "evicted") > 0);
    app.client.list("");
    assert!(closed(&app, "evicted") < 120);
    drop(unread);
}
