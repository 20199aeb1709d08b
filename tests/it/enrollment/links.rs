//! Enrollment links, under their two names.

use std::collections::HashSet;
use std::fmt::Write;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sqlx::Row;
use uprof::domain::credential::api_key::Scope;

use crate::support::answer::keys;
use crate::support::client::{id, path};
use crate::support::{Client, KeySpec, Shape, TestApp};

const UNKNOWN: &str = "uprof_01AAAAAAAAAAAAAAAAAAAAAA";

fn enrollment_url(client: &Client, id: &str) -> crate::support::Answer {
    client.post(&format!("{}/enrollment_url", path(id))).send()
}

fn action_url(client: &Client, id: &str, body: &Value) -> crate::support::Answer {
    client.post(&format!("{}/action_urls", path(id))).json(body)
}

fn enroll() -> Value {
    json!({"action": {"type": "enroll_end_user"}})
}

/// A link of each name, under every shape.
fn links(app: &TestApp, id: &str) -> Vec<Value> {
    let clients = Shape::ALL.map(|shape| app.client.speaking(shape));
    let both = |client: &Client| [enrollment_url(client, id).ok(), action_url(client, id, &enroll()).ok()];
    clients.iter().flat_map(both).collect()
}

fn token(link: &Value) -> &str {
    link["url"].as_str().unwrap().rsplit_once('/').unwrap().1
}

#[test]
fn every_call_creates_a_new_link_under_every_shape() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let links = links(&app, id(&profile));
    for (number, link) in links.iter().enumerate() {
        assert_eq!(keys(link), ["expires_at", "type", "url"], "{link}");
        assert_eq!(link["type"], if number % 2 == 0 { "enrollment_url" } else { "user_profile_action_url" });
        let prefix = format!("http://{}/enroll/", app.address);
        assert_eq!(link["url"], format!("{prefix}{}", token(link)));
        // 256 random bits in 62 letters and digits.
        assert!(token(link).len() == 43 && token(link).bytes().all(|byte| byte.is_ascii_alphanumeric()), "{link}");
    }
    let tokens: HashSet<_> = links.iter().map(token).collect();
    assert_eq!(tokens.len(), links.len());
    assert_eq!(app.client.retrieve(id(&profile)), profile, "a link changes nothing of a profile");
}

#[test]
fn an_enrollment_url_needs_no_body_and_accepts_any_content_type() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = format!("{}/enrollment_url", path(id(&profile)));
    app.client.post(&path).header("content-type", "application/json").body("").send().ok();
    app.client.post(&path).header("content-length", "0").send().ok();
    app.client.post(&format!("{path}?beta=true")).send().ok();
    app.client.post(&path).json(&json!({})).ok();
}

#[test]
fn a_link_has_the_configured_base_url_and_lifetime() {
    for (settings, prefix, seconds) in [
        (
            &["--public-url=https://profiles.example/base/", "--link-lifetime=90s"][..],
            "https://profiles.example/base/",
            90,
        ),
        (&["--public-url=https://profiles.example"], "https://profiles.example/", 15 * 60),
    ] {
        let app = TestApp::with(settings);
        let profile = app.client.create(&json!({}));
        for link in links(&app, id(&profile)) {
            assert_eq!(link["url"], format!("{prefix}enroll/{}", token(&link)));
            // Times of the service's clock.
            let lasted = format!(
                "select extract(epoch from expires_at - created_at)::bigint, count(*)
                   from enrollments where expires_at = '{}' group by 1",
                link["expires_at"].as_str().unwrap()
            );
            let row = app.database.row(&lasted);
            assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1)), (seconds, 1), "{link}");
        }
    }
}

#[test]
fn an_action_is_selected_by_its_type_and_its_violations_name_their_path() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let word = "action.type: Input should be one of `enroll_end_user`";
    let string = "action.type: Input should be a valid string";
    let object = "action: Input should be a valid object";
    let required = "action.type: Field required";
    let table = [
        (json!({}), "action: Field required"),
        (json!({"action": null}), "action: Field required"),
        (json!({"action": {}}), required),
        (json!({"action": {"type": null}}), required),
        (json!({"action": {"type": ""}}), word),
        (json!({"action": {"type": "verify"}}), word),
        (json!({"action": {"type": "Enroll_End_User"}}), word),
        (json!({"action": {"type": 1}}), string),
        (json!({"action": {"type": ["enroll_end_user"]}}), string),
        (json!({"action": "enroll_end_user"}), object),
        (json!({"action": [{"type": "enroll_end_user"}]}), object),
        (json!({"type": "enroll_end_user"}), "action: Field required; type: Extra inputs are not permitted"),
        (
            json!({"action": {"type": "enroll_end_user", "url": null}, "expires_at": null}),
            "action.url: Extra inputs are not permitted; expires_at: Extra inputs are not permitted",
        ),
        (
            json!({"action": {"type": "enroll_end_user", "name": "x"}, "name": "x"}),
            "action.name: Extra inputs are not permitted; name: Extra inputs are not permitted",
        ),
    ];
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        for (body, reasons) in &table {
            assert_eq!(action_url(&client, id(&profile), body).refused(400), *reasons, "{shape:?} {body}");
        }
        client.post(&format!("{}/action_urls", path(id(&profile)))).send().refused(400);
    }
    assert_eq!(app.database.count("enrollments"), 0);
}

#[test]
fn a_link_is_created_for_a_profile_of_the_callers_organization_only() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let deleted = app.client.create(&json!({}));
    app.client.delete(&path(id(&deleted))).send().ok();
    let stranger = app.client.with_key(&app.strangers_key());
    for shape in Shape::ALL {
        let (ours, theirs) = (app.client.speaking(shape), stranger.speaking(shape));
        for (client, id) in [(&ours, UNKNOWN), (&ours, "x"), (&ours, id(&deleted)), (&theirs, id(&profile))] {
            assert_eq!(enrollment_url(client, id).refused(404), "User profile not found", "{shape:?} {id}");
            assert_eq!(action_url(client, id, &enroll()).refused(404), "User profile not found", "{shape:?} {id}");
        }
    }
    assert_eq!(app.database.count("enrollments"), 0);
}

#[test]
fn a_link_is_created_for_a_key_with_the_scope_to_write() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let with = |scope| app.client.with_key(&app.another_key(KeySpec { scopes: vec![scope], ..KeySpec::default() }));
    let (reader, writer) = (with(Scope::ProfilesRead), with(Scope::ProfilesWrite));
    for shape in Shape::ALL {
        for client in [reader.speaking(shape), with(Scope::Admin).speaking(shape)] {
            enrollment_url(&client, id(&profile)).refused(403);
            action_url(&client, id(&profile), &enroll()).refused(403);
        }
        enrollment_url(&writer.speaking(shape), id(&profile)).ok();
        action_url(&writer.speaking(shape), id(&profile), &enroll()).ok();
        enrollment_url(&app.client.without_key().speaking(shape), id(&profile)).refused(401);
    }
}

#[test]
fn of_a_token_only_a_hash_is_stored() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    let links = links(&app, id(&profile));
    let dump = app.database.dump();
    assert_eq!(app.database.count("enrollments"), i64::try_from(links.len()).unwrap());
    assert!(dump.contains("Example"), "the dump does not show what is stored");
    for link in &links {
        let bytes = token(link).as_bytes();
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let texts = [token(link).to_owned(), hex, BASE64_STANDARD.encode(bytes), BASE64_URL_SAFE_NO_PAD.encode(bytes)];
        for text in texts {
            assert!(!dump.contains(&text), "a table holds {text}");
        }
    }
}
