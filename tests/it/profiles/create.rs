//! What a create takes and answers.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uprof::domain::clock::{Clock, SystemClock};

use crate::support::TestApp;
use crate::support::client::{PROFILES, id};

#[test]
fn a_create_answers_the_fields_of_the_shape_and_no_others() {
    let app = TestApp::start();
    let before = SystemClock.now();
    let profile = app.client.create(&json!({"external_id": "user_12345", "name": "Example User"}));
    let after = SystemClock.now();

    let text = |field: &str| profile[field].as_str().unwrap().to_owned();
    let expected = json!({
        "id": text("id"),
        "created_at": text("created_at"),
        "metadata": {},
        "relationship": "external",
        "trust_grants": {},
        "type": "user_profile",
        "updated_at": text("created_at"),
        "external_id": "user_12345",
        "name": "Example User",
    });
    assert_eq!(profile, expected);

    let digits = id(&profile).strip_prefix("uprof_01").unwrap().to_owned();
    assert!(digits.len() == 22 && digits.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{digits}");
    assert!(text("created_at").ends_with('Z'), "{profile}");
    let created_at = OffsetDateTime::parse(&text("created_at"), &Rfc3339).unwrap();
    assert!((before..=after).contains(&created_at), "{before} {created_at} {after}");
}

#[test]
fn an_empty_object_creates_a_profile_of_defaults() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    assert_eq!(defaults(&profile), json!([null, null, "external", {}, {}]));
    assert_eq!(app.client.retrieve(id(&profile)), profile);
}

#[test]
fn null_means_absence_in_every_field_of_a_create() {
    let app = TestApp::start();
    let nulls = json!({"name": null, "external_id": null, "relationship": null, "metadata": null});
    assert_eq!(defaults(&app.client.create(&nulls)), json!([null, null, "external", {}, {}]));
}

#[test]
fn every_field_of_a_create_is_read_back_as_it_was_sent() {
    let app = TestApp::start();
    for relationship in ["external", "resold", "internal"] {
        let sent = json!({
            "name": "Příliš žluťoučký кот 🐈\u{200d}⬛ \u{202e}\u{7}\t\n\\\"'{}",
            "external_id": " user/1?&#%00 ",
            "relationship": relationship,
            "metadata": {"plan": "pro", "ключ 🔑": "значение\u{feff}", "a.b; c": "$1'; --", "constructor": "__proto__"},
        });
        let profile = app.client.create(&sent);
        for field in ["name", "external_id", "relationship", "metadata"] {
            assert_eq!(profile[field], sent[field]);
        }
        assert_eq!(app.client.retrieve(id(&profile)), profile);
        assert_eq!(app.client.list("limit=1")["data"], json!([profile]));
    }
}

#[test]
fn ids_sort_as_the_profiles_were_created() {
    let app = TestApp::start();
    let ids: Vec<_> = (0..50).map(|_| id(&app.client.create(&json!({}))).to_owned()).collect();
    assert!(ids.is_sorted_by(|earlier, later| earlier < later), "{ids:?}");
}

#[test]
fn an_external_id_need_not_be_unique() {
    let app = TestApp::start();
    let twin = json!({"external_id": "user_12345"});
    let (one, other) = (app.client.create(&twin), app.client.create(&twin));
    assert_ne!(id(&one), id(&other));
    assert_eq!(app.client.list("order=asc")["data"], json!([one, other]));
}

#[test]
fn a_resold_profile_needs_a_name() {
    let app = TestApp::start();
    for nameless in [json!({"relationship": "resold"}), json!({"relationship": "resold", "name": null})] {
        let answer = app.client.post(PROFILES).json(&nameless);
        assert_eq!(answer.refused(400), "name: Field required when `relationship` is `resold`");
    }
    // A violation of the sent name is reported instead.
    let answer = app.client.post(PROFILES).json(&json!({"relationship": "resold", "name": ""}));
    assert_eq!(answer.refused(400), "name: String should have at least 1 character");
    assert_eq!(app.client.list("")["data"], json!([]));
    app.client.create(&json!({"relationship": "resold", "name": "Reseller"}));
}

/// The defaults of a create.
fn defaults(profile: &Value) -> Value {
    json!([
        profile["name"],
        profile["external_id"],
        profile["relationship"],
        profile["metadata"],
        profile["trust_grants"]
    ])
}
