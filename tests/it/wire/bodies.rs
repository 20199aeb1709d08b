//! How a body may come: its type, its size, its framing.

use serde_json::json;

use crate::support::client::{PROFILES, V1, id, path};
use crate::support::{Answer, TestApp, Wire};

const JSON: &str = "content-type: application/json\r\n";
const INCOMPLETE: &str = "body: Request body is incomplete or malformed";

/// The head of a create, with `more` header lines.
fn head(app: &TestApp, more: &str) -> String {
    format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nanthropic-beta: {V1}\r\n{more}\r\n",
        app.key.secret
    )
}

/// Sends a create as it stands and nothing after it.
fn create(app: &TestApp, more: &str, body: impl AsRef<[u8]>) -> Answer {
    let mut wire = Wire::connect(app.address);
    wire.send(head(app, more));
    wire.send(body);
    wire.answer()
}

/// A connection on which `pieces` have been sent.
fn sent(app: &TestApp, pieces: &[String]) -> Wire {
    let mut wire = Wire::connect(app.address);
    for piece in pieces {
        wire.send(piece);
    }
    wire
}

/// The number of profiles there are.
fn count(app: &TestApp) -> usize {
    app.client.list("limit=100")["data"].as_array().unwrap().len()
}

fn chunked(pieces: &[&str]) -> String {
    let chunks = pieces.iter().map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len()));
    format!("{}0\r\n\r\n", chunks.collect::<String>())
}

#[test]
fn a_body_needs_the_content_type_of_json() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    let good = [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"; x=y",
        "application/json;",
    ];
    for content_type in good {
        app.client.post(&path(id(&profile))).header("content-type", content_type).body("{}").send().ok();
    }
    let wrong =
        ["", "text/plain", "text/json", "application/jsonx", "application/x-www-form-urlencoded", "json", "*/*"];
    for content_type in wrong {
        for door in [PROFILES, &path(id(&profile))] {
            let answer = app.client.post(door).header("content-type", content_type).body("{}").send();
            assert_eq!(answer.refused(400), "content-type: Input should be application/json", "{content_type}");
        }
    }
    for content_type in ["application/json; charset=latin1", "application/json;charset=utf-16"] {
        let answer = app.client.post(PROFILES).header("content-type", content_type).body("{}").send();
        assert_eq!(answer.refused(400), "content-type: Input should be in UTF-8", "{content_type}");
    }
    let answer = create(&app, "content-length: 2\r\n", "{}");
    assert_eq!(answer.refused(400), "content-type: Input should be application/json");
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn a_body_that_is_compressed_is_refused() {
    let app = TestApp::start();
    for encoding in ["gzip", "br", "deflate", "gzip, identity"] {
        let answer = app.client.post(PROFILES).header("content-encoding", encoding).json(&json!({}));
        assert_eq!(answer.refused(400), "content-encoding: Input should not be encoded", "{encoding}");
    }
    app.client.post(PROFILES).header("content-encoding", "identity").json(&json!({})).ok();
    assert_eq!(count(&app), 1);
}

#[test]
fn a_missing_body_is_refused_as_invalid_json() {
    let app = TestApp::start();
    for more in [JSON.to_owned(), format!("{JSON}content-length: 0\r\n")] {
        assert!(create(&app, &more, "").refused(400).starts_with("body: Invalid JSON"), "{more}");
    }
    let answer = create(&app, &format!("{JSON}transfer-encoding: chunked\r\n"), chunked(&[]));
    assert!(answer.refused(400).starts_with("body: Invalid JSON"));
}

#[test]
fn a_body_up_to_256_kib_is_accepted() {
    let app = TestApp::start();
    let filled = |length: usize| format!("{{{}}}", " ".repeat(length - 2));
    app.client.post(PROFILES).json_text(filled(262_144)).ok();
    let pieces = filled(262_144);
    let pieces: Vec<_> = pieces.as_bytes().chunks(4_000).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    create(&app, &format!("{JSON}transfer-encoding: chunked\r\n"), chunked(&pieces)).ok();
    assert_eq!(count(&app), 2);
}

#[test]
fn a_body_that_announces_more_than_the_limit_is_refused_unread() {
    let app = TestApp::with(&["--max-body-bytes=1000"]);
    // Not a byte of a body is ever sent.
    let heads = ["1001", "1000000000000", "18446744073709551615"]
        .map(|length| head(&app, &format!("{JSON}content-length: {length}\r\n")));
    for mut wire in heads.map(|head| sent(&app, &[head])) {
        let answer = wire.answer();
        assert_eq!(answer.refused(413), "body: Request should have at most 1000 bytes");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(wire.rest(), b"");
    }
    assert_eq!(count(&app), 0);
}

#[test]
fn a_chunked_body_is_refused_as_soon_as_it_is_over_the_limit() {
    let app = TestApp::with(&["--max-body-bytes=1000"]);
    let mut wire = Wire::connect(app.address);
    wire.send(head(&app, &format!("{JSON}transfer-encoding: chunked\r\n")));
    // There is no last chunk: a read to the end would never return.
    wire.send(format!("3e9\r\n{}\r\n", "x".repeat(1001)));
    assert_eq!(wire.answer().refused(413), "body: Request should have at most 1000 bytes");
    assert_eq!(wire.rest(), b"");
    assert_eq!(count(&app), 0);
}

#[test]
fn a_chunked_body_is_accepted_in_pieces_of_any_size() {
    let app = TestApp::start();
    let framing = format!("{JSON}transfer-encoding: chunked\r\n");
    let whole = r#"{"name":"In Pieces 🐈"}"#;
    let letters: Vec<_> = whole.split("").filter(|letter| !letter.is_empty()).collect();
    for pieces in [&letters[..], &[whole], &["{", "\"name\":\"In Pieces 🐈\"", "}"]] {
        assert_eq!(create(&app, &framing, chunked(pieces)).ok()["name"], "In Pieces 🐈");
    }
    let extended = format!("{:X};name=value\r\n{whole}\r\n0\r\n\r\n", whole.len());
    assert_eq!(create(&app, &framing, extended).ok()["name"], "In Pieces 🐈");
}

#[test]
fn a_chunked_body_that_is_framed_wrongly_creates_nothing() {
    let app = TestApp::start();
    for body in
        ["zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "2\r\n{}xx0\r\n\r\n", "2{}\r\n", "fffffffffffffffffff\r\n{}"]
    {
        let mut wire = Wire::connect(app.address);
        wire.send(head(&app, &format!("{JSON}transfer-encoding: chunked\r\n")));
        wire.send(body);
        // There is no telling where the request ends: it may be hung up on without an answer.
        let said = String::from_utf8_lossy(&wire.rest()).into_owned();
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{body}: {said}");
    }
    assert_eq!(count(&app), 0);
}

#[test]
fn a_body_that_breaks_off_creates_nothing() {
    let app = TestApp::start();
    let announced = format!("{JSON}content-length: 100\r\n");
    let in_chunks = format!("{JSON}transfer-encoding: chunked\r\n");
    // What has come is a whole JSON object each time.
    for (framing, body) in [(&announced, "{}"), (&in_chunks, "2\r\n{}\r\n"), (&in_chunks, "10\r\n{}")] {
        let mut wire = Wire::connect(app.address);
        wire.send(head(&app, framing));
        wire.send(body);
        wire.end_sending();
        assert_eq!(wire.answer().refused(400), INCOMPLETE, "{body}");
        assert_eq!(wire.rest(), b"");

        // Without waiting for an answer.
        let mut wire = Wire::connect(app.address);
        wire.send(head(&app, framing));
        wire.send(body);
        drop(wire);
    }
    assert_eq!(count(&app), 0);
}

#[test]
fn a_chunked_body_that_never_ends_is_refused_without_being_read() {
    let app = TestApp::start();
    let framing = format!("{JSON}transfer-encoding: chunked\r\n");
    let heads = [
        (401, head(&app, &framing).replacen(&app.key.secret, "wrong", 1)),
        (404, head(&app, &framing).replacen(PROFILES, "/nowhere", 1)),
        (405, head(&app, &framing).replacen("POST", "PATCH", 1)),
        (400, head(&app, &framing).replacen("application/json", "text/plain", 1)),
    ];
    let wires = heads.map(|(status, head)| (status, sent(&app, &[head, "2\r\n{}\r\n".to_owned()])));
    for (status, mut wire) in wires {
        let answer = wire.answer();
        answer.refused(status);
        assert_eq!(answer.header("connection"), Some("close"), "{status}");
        assert_eq!(wire.rest(), b"", "{status}");
    }
}

#[test]
fn a_body_that_does_not_arrive_in_time_is_refused_and_creates_nothing() {
    let app = TestApp::with(&["--body-timeout=200ms"]);
    let announced = format!("{JSON}content-length: 100\r\n");
    let in_chunks = format!("{JSON}transfer-encoding: chunked\r\n");
    let begun = [(&announced, ""), (&announced, "{}"), (&in_chunks, ""), (&in_chunks, "2\r\n{}\r\n")];
    for mut wire in begun.map(|(framing, body)| sent(&app, &[head(&app, framing), body.to_owned()])) {
        let answer = wire.answer();
        assert_eq!(answer.refused(408), "body: Request took too long to arrive");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(wire.rest(), b"");
    }
    assert_eq!(count(&app), 0);
}

#[test]
fn a_body_that_trickles_is_refused_in_the_end() {
    let app = TestApp::with(&["--body-timeout=300ms", "--max-body-bytes=1000000000"]);
    let mut wire = Wire::connect(app.address);
    // More than can be sent until then.
    wire.send(head(&app, &format!("{JSON}content-length: 1000000000\r\n")));
    // Until the service no longer listens, which would take for ever if each byte restarted the deadline.
    while wire.try_send(" ").is_ok() && !wire.has_answer() {}
    assert_eq!(wire.answer().refused(408), "body: Request took too long to arrive");
    assert_eq!(count(&app), 0);
}

#[test]
fn an_expect_100_continue_is_answered() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    wire.send(head(&app, &format!("{JSON}content-length: 2\r\nexpect: 100-continue\r\n")));
    assert_eq!(wire.head().0, 100);
    wire.send("{}");
    wire.answer().ok();
    assert_eq!(count(&app), 1);
}
