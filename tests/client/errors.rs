//! Errors: the body on standard output, one line on standard error, and the exit status.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::command::{Ended, at, uprof};
use crate::peer::Peer;
use crate::support::TestApp;

#[track_caller]
fn assert_one_line(ended: &Ended, line: &str) {
    assert_eq!((ended.status, ended.stderr.as_str()), (1, format!("error: {line}\n").as_str()));
}

#[test]
fn an_error_prints_its_body_and_one_line_and_exits_with_1() {
    let app = TestApp::start();
    let id = "uprof_011CZkZCu8hGbp5mYRQgUmz9";
    let missing = at(&app, &["beta:user-profiles", "retrieve", id]).run();
    let body: Value = serde_json::from_str(&missing.stdout).unwrap();
    assert_eq!((&body["type"], &body["error"]["type"]), (&json!("error"), &json!("not_found_error")));
    let message = body["error"]["message"].as_str().unwrap();
    let url = format!("http://{}/v1/user_profiles/{id}?beta=true", app.address);
    assert_one_line(&missing, &format!("404 Not Found: {message} (GET {url})"));

    let refused = at(&app, &["beta:user-profiles", "create", "--relationship", "friend"]).run();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.starts_with("error: 400 Bad Request: relationship: "), "{refused:?}");
    assert!(refused.stdout.starts_with("{\n  \"type\": \"error\""), "{refused:?}");
}

#[test]
fn a_wrong_key_is_refused_by_the_server_and_never_printed() {
    let app = TestApp::start();
    let key = "uprof-key-WrongWrongWrong";
    for flag in ["--api-key", "--auth-token"] {
        let url = format!("http://{}", app.address);
        let refused = uprof(&["user-profiles", "list", "--debug", "--base-url", &url, flag, key]).run();
        assert_eq!(refused.status, 1);
        assert!(refused.stdout.contains("authentication_error"), "{refused:?}");
        assert!(refused.stderr.contains("error: 401 Unauthorized: "), "{refused:?}");
        assert!(!format!("{refused:?}").contains("WrongWrong"), "{refused:?}");
    }
}

#[test]
fn errors_have_a_format_and_a_transform_of_their_own() {
    let error = r#"{"type":"error","error":{"type":"x","message":"Some\u001b\nthing"},"request_id":"req_1"}"#;
    let printed = |arguments: &[&str]| {
        let peer = Peer::with(&[("400 Bad Request", "", error)]);
        let ended = peer.call(&[&["user-profiles", "list"][..], arguments].concat()).run();
        let line = format!("400 Bad Request: Some\\u{{1b}}\\nthing (GET {}/v1/user_profiles)", peer.url());
        assert_one_line(&ended, &line);
        assert_eq!(peer.seen().len(), 1);
        ended.stdout
    };
    let short = format!("{error}\n");
    assert_eq!(printed(&["--format-error", "jsonl"]), short);
    assert_eq!(printed(&["--format-error", "raw", "--format", "yaml"]), short);
    assert_eq!(printed(&["--transform-error", "error.type", "-r", "--transform", "id"]), "x\n");
    assert_eq!(printed(&["--format-error", "yaml", "--transform-error", "request_id"]), "req_1\n");
}

#[test]
fn an_error_with_a_foreign_body_is_reported_too() {
    for (body, printed) in [("", ""), ("<h1>Bad gateway</h1>", "<h1>Bad gateway</h1>\n"), ("[]", "[]\n")] {
        let peer = Peer::with(&[("403 Forbidden", "", body)]);
        let ended = peer.call(&["user-profiles", "delete", "a"]).run();
        assert_one_line(&ended, &format!("403 Forbidden (DELETE {}/v1/user_profiles/a)", peer.url()));
        assert_eq!((ended.stdout.as_str(), peer.seen().len()), (printed, 1));
    }
}

#[test]
fn a_redirect_is_reported_and_not_followed() {
    let elsewhere = Peer::answering(&["{}"]);
    let location = format!("location: {}/v1/user_profiles\r\n", elsewhere.url());
    let peer = Peer::with(&[("307 Temporary Redirect", &location, "")]);
    let ended = peer.call(&["user-profiles", "create"]).run();
    let (here, there) = (peer.url(), elsewhere.url());
    let line = format!("307 Temporary Redirect: it is at {there}/v1/user_profiles (POST {here}/v1/user_profiles)");
    assert_one_line(&ended, &line);
    assert_eq!((peer.seen().len(), elsewhere.seen().len()), (1, 0));
}

#[test]
fn an_unreachable_server_is_reported_in_one_line() {
    let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let ended = uprof(&["user-profiles", "list", "--api-key=k", "--max-retries=0", "--base-url", &url]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.starts_with(&format!("error: GET {url}/v1/user_profiles: ")), "{ended:?}");
    assert!(ended.stderr.contains("is the service running there?"), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}

#[test]
fn a_call_without_a_key_explains_how_to_give_one() {
    let ended = uprof(&["user-profiles", "list"]).run();
    assert_one_line(&ended, "no API key: set ANTHROPIC_API_KEY, or give --api-key; uprof dev prints one");
}

#[test]
fn a_key_that_is_not_a_header_value_is_refused_and_not_printed() {
    let ended = uprof(&["user-profiles", "list", "--api-key", "se\ncret"]).run();
    assert_one_line(&ended, "the value for x-api-key holds a character that no header may hold");
}

#[test]
fn an_invalid_base_url_is_refused_with_an_example() {
    for url in ["localhost:8080", "ftp://localhost", "http://user:pass@localhost", "http://localhost?a=b"] {
        let ended = uprof(&["user-profiles", "list", "--api-key=k", "--base-url", url]).run();
        assert_eq!(ended.status, 1, "{url}");
        assert!(ended.stderr.ends_with("give one such as http://127.0.0.1:8080\n"), "{url}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{url}: {ended:?}");
    }
}

#[test]
#[cfg(not(feature = "tls"))]
fn a_build_without_tls_refuses_https_and_explains_how_to_get_it() {
    let ended = uprof(&["user-profiles", "list", "--api-key=k", "--base-url", "https://localhost"]).run();
    assert_one_line(&ended, "this uprof speaks no https: build it with cargo build --features tls");
}

#[test]
#[cfg(feature = "tls")]
fn a_build_with_tls_uses_it_and_reports_a_server_without_it_in_one_line() {
    use std::io::{Read, Write};

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 2];
        stream.read_exact(&mut hello).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        hello
    });
    let ended = uprof(&["user-profiles", "list", "--api-key=k", "--max-retries=0", "--base-url", &url]).run();
    assert_eq!(server.join().unwrap(), [22, 3], "that is no handshake of TLS");
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.lines().count()), (1, "", 1), "{ended:?}");
    assert!(ended.stderr.starts_with(&format!("error: GET {url}/v1/user_profiles: ")), "{ended:?}");
}

#[test]
fn debug_prints_requests_and_answers_without_the_key() {
    let peer = Peer::with(&[("200 OK", "request-id: req_1\r\n", r#"{"id":"uprof_1"}"#)]);
    let shown = peer.call(&["beta:user-profiles", "create", "--name", "Example", "--debug"]).run();
    assert_eq!((shown.status, shown.stdout.as_str()), (0, "{\n  \"id\": \"uprof_1\"\n}\n"));
    for line in [
        &format!("> POST {}/v1/user_profiles?beta=true", peer.url()),
        "> x-api-key: <redacted>",
        "> anthropic-beta: user-profiles-2026-03-24",
        r#"> {"name":"Example"}"#,
        "< 200 OK",
        "< request-id: req_1",
        r#"< {"id":"uprof_1"}"#,
    ] {
        assert!(shown.stderr.lines().any(|shown| shown == line), "{line}: {shown:?}");
    }
    assert!(!shown.stderr.contains("the-key"), "{shown:?}");
    let call = peer.call(&["user-profiles", "retrieve", "a", "--debug", "--auth-token", "the-token"]);
    let shown = call.env("ANTHROPIC_API_KEY", "").run();
    assert!(shown.stderr.contains("> authorization: Bearer <redacted>\n"), "{shown:?}");
    assert!(!shown.stderr.contains("the-token"), "{shown:?}");
    assert_eq!(peer.seen().len(), 2);
}
