//! How the service ends: what is in flight is finished.

use std::net::TcpStream;
use std::thread;

use serde_json::json;

use crate::support::client::PROFILES;
use crate::support::database::runtime;
use crate::support::max_wait::until;
use crate::support::{TestApp, Wire};

const BODY: &str = r#"{"name":"In Flight"}"#;

/// A create whose body is still to come.
fn begin(app: &TestApp) -> Wire {
    let mut wire = Wire::connect(app.address);
    let key = &app.key.secret;
    let head = format!("POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n");
    wire.send(format!("{head}content-length: {}\r\n\r\n", BODY.len()));
    // Answered in the meantime: the head above has been read too.
    app.client.list("");
    wire
}

#[test]
fn a_stopping_service_is_not_ready_and_serves_requests_while_it_drains() {
    let app = TestApp::with(&["--drain=1s"]);
    let stopper = app.stopper();
    let stopping = thread::spawn(move || runtime().block_on(stopper.stop()));
    until("the end of readiness", || app.client.get("/health/ready").send().status == 503);
    let answer = app.client.post(PROFILES).json(&json!({"name": "Late"}));
    // So that the next request goes to another process.
    assert_eq!(answer.header("connection"), Some("close"));
    answer.ok();
    app.client.get("/health/live").send().ok();
    stopping.join().unwrap();
    assert!(TcpStream::connect(app.address).is_err());
}

#[test]
fn a_request_in_flight_is_finished_after_the_service_has_stopped_listening() {
    let app = TestApp::with(&["--grace=20s"]);
    let mut wire = begin(&app);
    let stopper = app.stopper();
    let stopping = thread::spawn(move || runtime().block_on(stopper.stop()));
    until("the listener is disconnected", || TcpStream::connect(app.address).is_err());
    wire.send(BODY);
    let answer = wire.answer();
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(answer.ok()["name"], "In Flight");
    assert_eq!(wire.rest(), b"");
    stopping.join().unwrap();
}

#[test]
fn idle_connections_are_closed_and_incomplete_requests_aborted_after_the_grace_period() {
    // Within actix's own grace period of 30 s, the body timeout would answer it.
    let app = TestApp::with(&["--grace=1s", "--body-timeout=5s"]);
    let mut idle = Wire::connect(app.address);
    idle.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n");
    idle.answer().ok();
    let mut stuck = begin(&app);
    runtime().block_on(app.stopper().stop());
    assert_eq!(idle.rest(), b"");
    assert_eq!(stuck.rest(), b"");
}
