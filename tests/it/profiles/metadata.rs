//! Metadata: its limits, and how an update merges it.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};

const TOO_MANY: &str = "metadata: Object should have at most 16 pairs";

fn pairs(numbers: std::ops::Range<u32>, value: &str) -> Value {
    numbers.map(|number| (format!("key{number:02}"), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn sixteen_pairs_are_stored_and_seventeen_are_refused() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"metadata": pairs(0..16, "x")}));
    assert_eq!(profile["metadata"], pairs(0..16, "x"));
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    assert_eq!(app.client.post(PROFILES).json(&json!({"metadata": pairs(0..17, "x")})).refused(400), TOO_MANY);
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn keys_hold_64_characters_and_values_512_whatever_their_bytes() {
    let app = TestApp::start();
    for character in ["x", "é", "😀"] {
        let (key, value) = (character.repeat(64), character.repeat(512));
        let profile = app.client.create(&json!({"metadata": {&key: value}}));
        assert_eq!(profile["metadata"], json!({&key: value}));
        assert_eq!(app.client.retrieve(id(&profile)), profile);

        let long = json!({"metadata": {"plan": character.repeat(513)}});
        let routes = [PROFILES.to_owned(), path(id(&profile))];
        for door in &routes {
            let reasons = "metadata.plan: String should have at most 512 characters";
            assert_eq!(app.client.post(door).json(&long).refused(400), reasons);
            let answer = app.client.post(door).json(&json!({"metadata": {character.repeat(65): "x"}}));
            let reasons = format!("metadata.{}…: Key: String should have at most 64 characters", character.repeat(64));
            assert_eq!(answer.refused(400), reasons);
        }
    }
}

#[test]
fn a_value_that_is_not_a_string_is_refused_by_its_key() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"metadata": {"plan": "pro"}}));
    for value in [json!(null), json!(1), json!(true), json!([]), json!({"deep": "x"})] {
        for door in [PROFILES, &path(id(&profile))] {
            let answer = app.client.post(door).json(&json!({"metadata": {"plan": value, "other": "x"}}));
            assert_eq!(answer.refused(400), "metadata.plan: Input should be a valid string");
        }
    }
    assert_eq!(app.client.retrieve(id(&profile)), profile);
}

#[test]
fn a_create_refuses_an_empty_value() {
    let app = TestApp::start();
    let answer = app.client.post(PROFILES).json(&json!({"metadata": {"plan": ""}}));
    assert_eq!(answer.refused(400), "metadata.plan: String should have at least 1 character");
}

#[test]
fn an_update_replaces_adds_and_removes_pairs_and_retains_the_rest() {
    let app = TestApp::start();
    let before = json!({"replaced": "old", "removed": "old", "retained": "old"});
    let profile = app.client.create(&json!({"metadata": before}));
    let patch = json!({"metadata": {"replaced": "new", "removed": "", "added": "new", "never there": ""}});
    let expected = json!({"replaced": "new", "retained": "old", "added": "new"});
    assert_eq!(app.client.update(id(&profile), &patch)["metadata"], expected);
    assert_eq!(app.client.retrieve(id(&profile))["metadata"], expected);
    assert_eq!(app.client.list("")["data"][0]["metadata"], expected);
}

#[test]
fn empty_metadata_changes_nothing() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"metadata": {"plan": "pro"}}));
    for nothing in [json!(null), json!({}), json!({"plan": "pro"}), json!({"never there": ""})] {
        assert_eq!(app.client.update(id(&profile), &json!({"metadata": nothing})), profile);
    }
    assert_eq!(app.client.retrieve(id(&profile)), profile);
}

#[test]
fn pairs_are_counted_after_the_merge() {
    let app = TestApp::start();
    let full = app.client.create(&json!({"metadata": pairs(0..16, "x")}));
    let update = |patch: Value| app.client.post(&path(id(&full))).json(&json!({"metadata": patch}));

    assert_eq!(update(json!({"one more": "x"})).refused(400), TOO_MANY);
    assert_eq!(update(pairs(10..17, "y")).refused(400), TOO_MANY);
    assert_eq!(app.client.retrieve(id(&full)), full);

    // One goes, one comes; and what is replaced or removed does not count twice.
    let swapped = update(json!({"key00": "", "one more": "x"})).ok();
    assert_eq!(swapped["metadata"].as_object().unwrap().len(), 16);
    assert_eq!(update(pairs(1..16, "y")).ok()["metadata"]["key15"], "y");
    assert_eq!(update(pairs(0..100, "")).ok()["metadata"], json!({"one more": "x"}));
    assert_eq!(update(pairs(0..16, "z")).refused(400), TOO_MANY);
    assert_eq!(update(pairs(0..15, "z")).ok()["metadata"].as_object().unwrap().len(), 16);
}

#[test]
fn a_removed_key_can_be_added_again() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"metadata": {"plan": "pro"}}));
    let update = |value: &str| app.client.update(id(&profile), &json!({"metadata": {"plan": value}}));
    assert_eq!(update("")["metadata"], json!({}));
    assert_eq!(update("free")["metadata"], json!({"plan": "free"}));
}
