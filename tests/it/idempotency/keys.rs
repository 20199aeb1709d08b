//! `Idempotency-Key`: what is asked for again is done once.

use serde_json::{Value, json};

use crate::support::client::{Call, PROFILES, id, path};
use crate::support::rows::hexadecimal;
use crate::support::{KeySpec, Shape, TestApp, Wire};

/// A POST under a key of the caller's.
pub(super) fn keyed<'c>(app: &'c TestApp, path: &str, key: &str) -> Call<'c> {
    app.client.post(path).header("idempotency-key", key)
}

#[test]
fn a_replayed_create_creates_one_profile_and_has_the_first_answer() {
    let app = TestApp::start();
    let body = json!({"name": "Example", "metadata": {"plan": "pro"}});
    let first = keyed(&app, PROFILES, "one").json(&body);
    assert!(!first.is_replay());
    let first = first.ok();
    // Whatever happens to the profile in between.
    app.client.update(id(&first), &json!({"name": "Another"}));
    for _ in 0..2 {
        let again = keyed(&app, PROFILES, "one").json(&body);
        assert!(again.is_replay());
        assert_eq!(again.ok(), first);
    }
    assert_eq!(app.client.list("")["data"].as_array().unwrap().len(), 1);
    // Under another key it is another request, as it is without one.
    assert_ne!(keyed(&app, PROFILES, "two").json(&body).ok()["id"], first["id"]);
    assert_ne!(app.client.create(&body)["id"], first["id"]);
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (3, 4));
}

#[test]
fn a_replayed_update_is_applied_once() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = path(id(&profile));
    let first = keyed(&app, &path, "k").json(&json!({"name": "First"})).ok();
    app.client.update(id(&profile), &json!({"name": "Second"}));
    let again = keyed(&app, &path, "k").json(&json!({"name": "First"}));
    assert!(again.is_replay());
    assert_eq!(again.ok(), first);
    assert_eq!(app.client.retrieve(id(&profile))["name"], "Second");
    // The answer of an update without a change is stored too.
    let unchanged = keyed(&app, &path, "n").json(&json!({})).ok();
    app.client.update(id(&profile), &json!({"name": "Third"}));
    assert_eq!(keyed(&app, &path, "n").json(&json!({})).ok(), unchanged);
}

#[test]
fn a_replayed_update_has_the_first_answer_even_if_it_would_be_refused_now() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let pairs = |from: usize| -> Value { (from..from + 8).map(|at| (format!("k{at}"), "v".to_owned())).collect() };
    let body = json!({"metadata": pairs(0)});
    let first = keyed(&app, &path(id(&profile)), "k").json(&body).ok();
    let full = json!({"metadata": {"k0": "", "k1": "", "k2": "", "k3": "", "k4": "", "k5": "", "k6": "", "k7": ""}});
    app.client.update(id(&profile), &full);
    app.client.update(id(&profile), &json!({"metadata": pairs(20)}));
    app.client.update(id(&profile), &json!({"metadata": pairs(40)}));
    app.client.post(&path(id(&profile))).json(&body).refused(400);
    assert_eq!(keyed(&app, &path(id(&profile)), "k").json(&body).ok(), first);
}

#[test]
fn a_different_request_under_a_used_key_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    let body = json!({"name": "Example"});
    let first = keyed(&app, PROFILES, "k").json(&body).ok();
    let before = app.database.dump();
    let used = "idempotency-key: Key was used for another request";
    let path = path(id(&first));
    assert_eq!(keyed(&app, PROFILES, "k").json(&json!({"name": "Other"})).refused(400), used);
    assert_eq!(keyed(&app, &path, "k").json(&body).refused(400), used);
    assert_eq!(keyed(&app, &format!("{path}/enrollment_url"), "k").send().refused(400), used);
    let other_shape = app.client.speaking(Shape::Ga);
    assert_eq!(other_shape.post(PROFILES).header("idempotency-key", "k").json(&body).refused(400), used);
    assert_eq!(app.database.dump(), before);
    assert!(keyed(&app, PROFILES, "k").json(&body).is_replay());
}

#[test]
fn a_replayed_link_is_the_same_link_and_its_token_is_not_stored() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = format!("{}/enrollment_url", path(id(&profile)));
    let first = keyed(&app, &path, "k").send().ok();
    let again = keyed(&app, &path, "k").send();
    assert!(again.is_replay());
    assert_eq!(again.ok(), first);
    assert_eq!(app.database.count("enrollments"), 1);
    let token = first["url"].as_str().unwrap().rsplit('/').next().unwrap();
    let dump = app.database.dump();
    assert!(!dump.contains(token) && !dump.contains(&hexadecimal(token)), "a token is stored");
    // Only the API key of the first request can read it again.
    let colleague = app.client.with_key(&app.another_key(KeySpec::default()));
    let refused = colleague.post(&path).header("idempotency-key", "k").send();
    assert_eq!(
        refused.refused(400),
        "idempotency-key: Key was used with another API key, and its answer holds a secret"
    );
}

#[test]
fn the_key_of_a_request_that_failed_is_free() {
    let app = TestApp::start();
    keyed(&app, PROFILES, "k").json(&json!({"name": ""})).refused(400);
    let nowhere = "/v1/user_profiles/uprof_01AAAAAAAAAAAAAAAAAAAAAA";
    keyed(&app, nowhere, "k").json(&json!({"name": "Example"})).refused(404);
    keyed(&app, &format!("{nowhere}/enrollment_url"), "k").send().refused(404);
    let profile = keyed(&app, PROFILES, "k").json(&json!({})).ok();
    let update = path(id(&profile));
    keyed(&app, &update, "u").json(&json!({"relationship": "resold"})).refused(400);
    keyed(&app, &update, "u").json(&json!({"relationship": "internal"})).ok();
    assert_eq!(app.database.count("idempotency_keys"), 2);
}

#[test]
fn a_key_is_1_to_255_printable_ascii_characters_in_one_header() {
    let app = TestApp::start();
    let wrong = "idempotency-key: Input should be 1 to 255 printable ASCII characters";
    for bad in ["", "é", "a\tb", &"k".repeat(256)] {
        let mut wire = Wire::connect(app.address);
        let key = &app.key.secret;
        wire.send(format!(
            "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
             idempotency-key: {bad}\r\ncontent-length: 2\r\n\r\n{{}}"
        ));
        assert_eq!(wire.answer().refused(400), wrong, "{bad}");
    }
    let twice = keyed(&app, PROFILES, "one").header("idempotency-key", "two").json(&json!({}));
    assert_eq!(twice.refused(400), "idempotency-key: Header was sent more than once");
    keyed(&app, PROFILES, "same").header("idempotency-key", "same").json(&json!({})).ok();
    keyed(&app, PROFILES, &"k".repeat(255)).json(&json!({})).ok();
    keyed(&app, PROFILES, "~ !").json(&json!({})).ok();
    assert_eq!(app.database.count("user_profiles"), 3);
}

#[test]
fn organizations_do_not_share_keys() {
    let app = TestApp::start();
    let ours = keyed(&app, PROFILES, "k").json(&json!({})).ok();
    let stranger = app.client.with_key(&app.strangers_key());
    let theirs = stranger.post(PROFILES).header("idempotency-key", "k").json(&json!({})).ok();
    assert_ne!(ours["id"], theirs["id"]);
}

#[test]
fn a_caller_that_disconnects_before_the_answer_gets_it_from_a_replay() {
    let app = TestApp::start();
    let body = r#"{"name":"Example"}"#;
    let mut wire = Wire::connect(app.address);
    wire.send(format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nanthropic-beta: user-profiles-2026-03-24\r\n\
         content-type: application/json\r\nidempotency-key: k\r\ncontent-length: {}\r\n\r\n{body}",
        app.key.secret,
        body.len()
    ));
    drop(wire);
    let profile = loop {
        let answer = keyed(&app, PROFILES, "k").json_text(body);
        if answer.status != 409 {
            break answer.ok();
        }
    };
    assert_eq!(app.client.list("")["data"], json!([profile]));
}
