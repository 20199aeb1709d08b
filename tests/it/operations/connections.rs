//! Connections: several requests on one, requests that are no HTTP, and clients that say nothing.

use serde_json::json;

use crate::support::client::{PROFILES, V1};
use crate::support::{TestApp, Wire};

fn request(app: &TestApp, method: &str, path: &str, body: Option<&str>) -> String {
    let key = &app.key.secret;
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nanthropic-beta: {V1}\r\n");
    match body {
        Some(body) => {
            format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        }
        None => format!("{head}\r\n"),
    }
}

/// Longer than the timeouts under test, shorter than those that actix has by default (5 s).
const BODY_TIMEOUT: &str = "--body-timeout=4s";

/// A request without its body: it is refused after the body timeout.
fn without_its_body(app: &TestApp) -> Wire {
    let mut wire = Wire::connect(app.address);
    wire.send(request(app, "POST", PROFILES, Some("{}")).trim_end_matches("{}"));
    wire
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    let names: Vec<_> = (0..20).map(|number| format!("Number {number}")).collect();
    let bodies = names.iter().map(|name| json!({"name": name}).to_string());
    // All at once, with failures in between.
    let burst: String = bodies
        .flat_map(|body| {
            [
                request(&app, "POST", PROFILES, Some(&body)),
                request(&app, "POST", PROFILES, Some("{")),
                request(&app, "GET", "/nowhere", None),
            ]
        })
        .collect();
    wire.send(burst);
    for name in &names {
        assert_eq!(wire.answer().ok()["name"], name.as_str());
        wire.answer().refused(400);
        wire.answer().refused(404);
    }
    let listed = app.client.list("order=asc&limit=100")["data"].clone();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|profile| profile["name"].as_str().unwrap()).collect();
    assert_eq!(listed, names);
}

#[test]
fn a_connection_can_be_used_after_an_error() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    for _ in 0..3 {
        wire.send(request(&app, "POST", PROFILES, Some("[]")));
        wire.answer().refused(400);
        wire.send(request(&app, "GET", "/nowhere", None));
        wire.answer().refused(404);
        wire.send(request(&app, "PATCH", PROFILES, None));
        wire.answer().refused(405);
        wire.send("GET /v1/user_profiles HTTP/1.1\r\nhost: x\r\n\r\n");
        wire.answer().refused(401);
        wire.send(request(&app, "GET", PROFILES, None));
        wire.answer().ok();
    }
}

#[test]
fn an_unread_body_is_never_parsed_as_a_request() {
    let app = TestApp::start();
    // What stands in the body would delete or create, were it read as a request.
    let smuggled = request(&app, "POST", PROFILES, Some("{}"));
    let refused = [
        (request(&app, "GET", PROFILES, Some(&smuggled)), 200),
        (request(&app, "GET", "/nowhere", Some(&smuggled)), 404),
        (request(&app, "POST", "/nowhere", Some(&smuggled)), 404),
        (request(&app, "PUT", PROFILES, Some(&smuggled)), 405),
        (request(&app, "POST", PROFILES, Some(&smuggled)).replace("application/json", "text/plain"), 400),
        (request(&app, "POST", PROFILES, Some(&smuggled)).replacen(&app.key.secret, "wrong", 1), 401),
        (request(&app, "DELETE", "/v1/user_profiles/x", Some(&smuggled)), 404),
    ];
    for (text, status) in &refused {
        let mut wire = Wire::connect(app.address);
        wire.send(text);
        let answer = wire.answer();
        assert_eq!(answer.status, *status, "{text}");
        wire.end_sending();
        // Nothing else is answered, on this connection or behind its back.
        assert_eq!(wire.rest(), b"", "{text}");
        assert_eq!(app.client.list("")["data"], json!([]), "{text}");
    }
}

#[test]
fn a_large_unread_body_does_not_affect_the_next_request() {
    let app = TestApp::start();
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(200_000));
    for refused in [
        request(&app, "POST", PROFILES, Some(&large)).replacen(&app.key.secret, "wrong", 1),
        request(&app, "PUT", PROFILES, Some(&large)),
        request(&app, "POST", "/nowhere", Some(&large)),
        request(&app, "GET", PROFILES, Some(&large)),
    ] {
        let mut wire = Wire::connect(app.address);
        // The service may hang up instead of reading on, after its answer.
        let _ = wire.try_send(&refused);
        let first = wire.answer();
        let closed = first.header("connection") == Some("close");
        if !closed && wire.try_send(request(&app, "GET", "/health/live", None)).is_ok() {
            assert_eq!(wire.answer().ok(), json!({"status": "live"}));
        }
    }
}

#[test]
fn framing_that_can_be_read_in_two_ways_is_refused() {
    let app = TestApp::start();
    let key = &app.key.secret;
    let head = format!("POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n");
    let framings = [
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{} ",
        "content-length: 2, 3\r\n\r\n{} ",
        "content-length: +2\r\n\r\n{}",
        "content-length: -2\r\n\r\n{}",
        "content-length: 0x2\r\n\r\n{}",
        "content-length: two\r\n\r\n{}",
        "content-length: 99999999999999999999999\r\n\r\n{}",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ];
    for framing in framings {
        let mut wire = Wire::connect(app.address);
        wire.send(format!("{head}{framing}"));
        wire.end_sending();
        let said = String::from_utf8_lossy(&wire.rest()).into_owned();
        assert!(said.starts_with("HTTP/1.1 400 ") && said.matches("HTTP/1.1").count() == 1, "{framing:?}: {said}");
    }
    assert_eq!(app.client.list("")["data"], json!([]));
}

#[test]
fn bytes_that_are_not_http_are_refused_and_close_the_connection() {
    let app = TestApp::start();
    let key = &app.key.secret;
    let texts: [&[u8]; 12] = [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"GET /health/live HTTP/9.9\r\n\r\n",
        b"GET /health/live HTTP/1.1 x\r\n\r\n",
        b"GET /health/\x01live HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nho st: x\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nhost: \x01\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];
    for text in texts {
        let mut wire = Wire::connect(app.address);
        wire.send(text);
        let answer = wire.answer();
        assert_eq!(answer.refused(400), "Malformed request", "{}", String::from_utf8_lossy(text));
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(wire.rest(), b"", "{}", String::from_utf8_lossy(text));
    }
    let many = format!("GET /health/live HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(1_000));
    let long = format!("GET {PROFILES} HTTP/1.1\r\nx-api-key: {key}\r\nlong: {}\r\n\r\n", "x".repeat(1_000_000));
    for text in [many, long] {
        let mut wire = Wire::connect(app.address);
        let _ = wire.try_send(&text);
        let answer = wire.answer();
        assert!([400, 431].contains(&answer.status), "{answer:?}");
        assert_eq!(wire.rest(), b"");
    }
    app.client.list("");
}

#[test]
fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let app = TestApp::with(&["--header-timeout=1s", BODY_TIMEOUT]);
    let mut incomplete = without_its_body(&app);
    let begun = ["G", "GET /health/live HTTP/1.1\r\n", "GET /health/live HTTP/1.1\r\nhost: x\r\n"];
    let wires = begun.map(|begun| {
        let mut wire = Wire::connect(app.address);
        wire.send(begun);
        wire
    });
    let mut silent = Wire::connect(app.address);
    for mut wire in wires {
        assert_eq!(wire.answer().refused(408), "headers: Request took too long to arrive");
        assert_eq!(wire.rest(), b"");
    }
    silent.rest();
    assert!(!incomplete.has_answer(), "the body timeout came before the header timeout");
    app.client.list("");
}

#[test]
fn an_idle_connection_is_closed_after_the_keep_alive_time() {
    let app = TestApp::with(&["--keep-alive=1s", BODY_TIMEOUT]);
    let mut incomplete = without_its_body(&app);
    let mut wire = Wire::connect(app.address);
    wire.send(request(&app, "GET", PROFILES, None));
    wire.answer().ok();
    assert_eq!(wire.rest(), b"");
    assert!(!incomplete.has_answer(), "the body timeout came before the end of the idle connection");
}

#[test]
fn many_silent_clients_do_not_block_other_clients() {
    let app = TestApp::start();
    let silent: Vec<_> = (0..300)
        .map(|number| {
            let mut wire = Wire::connect(app.address);
            let text = request(&app, "POST", PROFILES, Some("{}"));
            wire.send(&text[..text.len() * (number % 10) / 10]);
            wire
        })
        .collect();
    for _ in 0..20 {
        app.client.list("");
    }
    drop(silent);
    assert_eq!(app.client.list("")["data"], json!([]));
}

#[test]
fn http_1_0_and_connection_close_requests_are_answered_and_closed() {
    let app = TestApp::start();
    let key = &app.key.secret;
    for text in [
        format!("GET {PROFILES} HTTP/1.0\r\nx-api-key: {key}\r\n\r\n"),
        format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-api-key: {key}\r\n\r\n"),
    ] {
        let mut wire = Wire::connect(app.address);
        wire.send(text);
        wire.answer().ok();
        assert_eq!(wire.rest(), b"");
    }
}
