//! Bodies that are not the JSON object that a create and an update expect.

use serde_json::json;

use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};

/// Both routes answer `text` with 400 and a message that starts with `message`; nothing is stored.
#[track_caller]
fn refuse(app: &TestApp, texts: &[&[u8]], message: &str) {
    let profile = app.client.create(&json!({"name": "Before"}));
    for text in texts {
        for door in [PROFILES, &path(id(&profile))] {
            let answer = app.client.post(door).json_text(*text);
            let message_shown = answer.refused(400);
            let shown = String::from_utf8_lossy(&text[..text.len().min(60)]);
            assert!(message_shown.starts_with(message), "{shown}: {message_shown}");
        }
    }
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn invalid_json_is_refused() {
    let texts: [&[u8]; 18] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"{}{}",
        b"{} x",
        b"{\"name\":\"x\",}",
        b"{\"name\" \"x\"}",
        b"{name:\"x\"}",
        b"{'name':'x'}",
        b"{\"name\":\"x\"",
        b"{\"name\":\"x}",
        b"{\"name\":\"\x01\"}",
        b"{\"name\":\"\\x41\"}",
        b"{\"name\":NaN}",
        b"{\"name\":01}",
        b"{\"name\":1e999}",
        b"\xef\xbb\xbf{}",
    ];
    refuse(&TestApp::start(), &texts, "body: Invalid JSON: ");
}

#[test]
fn json_that_is_not_an_object_is_refused() {
    let texts: [&[u8]; 8] = [b"null", b"true", b"1", b"-1.5e3", b"\"{}\"", b"[]", b"[{}]", b"[{\"name\":\"x\"}]"];
    refuse(&TestApp::start(), &texts, "body: Input should be a valid object");
}

#[test]
fn a_duplicate_key_is_refused_at_any_depth() {
    let texts: [&[u8]; 6] = [
        br#"{"name":"x","name":"x"}"#,
        br#"{"name":"x","external_id":"y","name":null}"#,
        br#"{"name":"x","\u006eame":"y"}"#,
        br#"{"metadata":{"plan":"pro","plan":"free"}}"#,
        br#"{"metadata":{"plan":{"a":1,"b":{"c":1,"c":2}}}}"#,
        br#"{"unknown":[1,{"a":1,"a":1}]}"#,
    ];
    refuse(&TestApp::start(), &texts, "body: Invalid JSON: key `");
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    let texts: [&[u8]; 6] = [
        br#"{"name":"\ud83d"}"#,
        br#"{"name":"\ude00"}"#,
        br#"{"name":"\ude00\ud83d"}"#,
        br#"{"name":"\ud83dx"}"#,
        br#"{"metadata":{"\ud83d":"x"}}"#,
        br#"{"metadata":{"plan":"\uDFFF"}}"#,
    ];
    let app = TestApp::start();
    refuse(&app, &texts, "body: Invalid JSON: ");
    let whole = app.client.post(PROFILES).json_text(*br#"{"name":"\ud83d\ude00"}"#).ok();
    assert_eq!(whole["name"], "😀");
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    let texts: [&[u8]; 7] = [
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"\xc3\"}",
        // A surrogate, a slash in two bytes, and a number beyond Unicode.
        b"{\"name\":\"\xed\xa0\xbd\"}",
        b"{\"name\":\"\xc0\xaf\"}",
        b"{\"name\":\"\xf4\x90\x80\x80\"}",
        b"\xfe\xff\x00{\x00}",
        b"{\x00}\x00",
    ];
    refuse(&TestApp::start(), &texts, "body: Invalid JSON: ");
}

#[test]
fn a_hundred_thousand_levels_are_refused() {
    let app = TestApp::with(&["--max-body-bytes=2000000"]);
    let arrays = "[".repeat(100_000);
    let balanced = format!("{arrays}{}", "]".repeat(100_000));
    let in_a_field = format!("{{\"name\":{balanced}}}");
    let objects = format!("{}1{}", "{\"metadata\":".repeat(100_000), "}".repeat(100_000));
    let mixed = "[{\"a\":".repeat(100_000);
    let texts = [&arrays, &balanced, &in_a_field, &objects, &mixed].map(String::as_bytes);
    refuse(&app, &texts, "body: Invalid JSON: recursion limit exceeded");
}
