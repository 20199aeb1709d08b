//! Data controls on Google's cloud: disabled for every profile, and never enabled.

use serde_json::{Value, json};
use ureq::http::Method;

use crate::support::client::{id, path};
use crate::support::{Client, Shape, TestApp};

/// What the published clients send with these requests.
const BETA: &str = "user-profiles-2026-09-04,google-managed-data-controls-2026-09-01";

const CMEK: &str = "cmek: Customer-managed encryption keys are not approved for this user profile";
const STORAGE: &str = "storage: Customer-owned storage is not approved for this user profile";

fn data_controls(profile: &Value) -> String {
    format!("{}/providers/google/data_controls", path(id(profile)))
}

fn enabled_cmek() -> Value {
    json!({"type": "enabled", "external_key_ids": {"us": "ekey_1", "eu": null}})
}

fn enabled_storage() -> Value {
    json!({"type": "enabled", "buckets": {"us": {"project_number": "1", "bucket_name": "b"}, "eu": null}})
}

fn app() -> (TestApp, Client) {
    let app = TestApp::start();
    let client = app.client.with_beta(BETA);
    (app, client)
}

#[test]
fn both_controls_are_disabled_since_the_profile_was_created() {
    let (_app, client) = app();
    let profile = client.create(&json!({"name": "Example"}));
    let shown = client.get(&data_controls(&profile)).send().ok();
    let label = shown["bucket_label_value"].as_str().unwrap();
    assert!(label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    let expected = json!({
        "type": "google_managed_data_controls",
        "user_profile_id": id(&profile),
        "bucket_label_value": label,
        "cmek": {"type": "disabled", "retired_keys": []},
        "storage": {"type": "disabled", "retired_buckets": []},
        "updated_at": profile["created_at"],
    });
    assert_eq!(shown, expected);

    client.update(id(&profile), &json!({"name": "Another"}));
    assert_eq!(client.get(&data_controls(&profile)).send().ok(), expected);
    let other = client.create(&json!({"name": "Example"}));
    assert_ne!(client.get(&data_controls(&other)).send().ok()["bucket_label_value"], *label);
}

#[test]
fn an_update_that_enables_nothing_changes_nothing() {
    let (app, client) = app();
    let profile = client.create(&json!({"name": "Example"}));
    let shown = client.get(&data_controls(&profile)).send().ok();
    let disabled = json!({"type": "disabled"});
    for body in [
        json!({}),
        json!({"cmek": disabled}),
        json!({"storage": disabled}),
        json!({"cmek": disabled, "storage": disabled}),
        json!({"cmek": null, "storage": disabled}),
    ] {
        assert_eq!(client.post(&data_controls(&profile)).json(&body).ok(), shown, "{body}");
    }
    assert_eq!(client.retrieve(id(&profile)), profile);
    assert_eq!(app.database.count("events"), 1);
}

#[test]
fn enabling_a_control_is_refused_by_its_code_and_leaves_the_idempotency_key_free() {
    let (_app, client) = app();
    let profile = client.create(&json!({"name": "Example"}));
    let shown = client.get(&data_controls(&profile)).send().ok();
    let post = |body: &Value| client.post(&data_controls(&profile)).header("idempotency-key", "key").json(body);
    for (body, code, message) in [
        (json!({"cmek": enabled_cmek()}), "cmek_not_approved", CMEK.to_owned()),
        (json!({"cmek": {"type": "enabled"}}), "cmek_not_approved", CMEK.to_owned()),
        (json!({"cmek": {"type": "enabled", "external_key_ids": null}}), "cmek_not_approved", CMEK.to_owned()),
        (json!({"storage": enabled_storage()}), "storage_not_approved", STORAGE.to_owned()),
        (
            json!({"cmek": {"type": "disabled"}, "storage": enabled_storage()}),
            "storage_not_approved",
            STORAGE.to_owned(),
        ),
        (
            json!({"cmek": enabled_cmek(), "storage": enabled_storage()}),
            "cmek_not_approved",
            format!("{CMEK}; {STORAGE}"),
        ),
    ] {
        let answer = post(&body);
        assert_eq!(answer.refused(400), message, "{body}");
        assert_eq!(answer.body["error"]["details"], json!({"error_code": code}), "{body}");
    }
    assert_eq!(client.get(&data_controls(&profile)).send().ok(), shown);
    let disabled = json!({"cmek": {"type": "disabled"}});
    assert!(!post(&disabled).is_replay());
    assert!(post(&disabled).is_replay());
}

#[test]
fn all_violations_of_an_update_are_in_one_answer() {
    let (_app, client) = app();
    let profile = client.create(&json!({"name": "Example"}));
    for (body, reasons) in [
        (
            json!({"cmek": "disabled", "storage": [], "region": "us"}),
            "cmek: Input should be a valid object; region: Extra inputs are not permitted; \
             storage: Input should be a valid object",
        ),
        (
            json!({"cmek": {}, "storage": {"type": "off", "x": 1}}),
            "cmek.type: Field required; storage.type: Input should be one of `disabled`, `enabled`; \
             storage.x: Extra inputs are not permitted",
        ),
        (
            json!({"cmek": {"type": "disabled", "external_key_ids": {}}, "storage": {"type": "disabled", "buckets": {}}}),
            "cmek.external_key_ids: Extra inputs are not permitted; storage.buckets: Extra inputs are not permitted",
        ),
        (
            json!({
                "cmek": {"type": "enabled", "external_key_ids": {"us": 1, "eu": "ekey_1", "sg": {}}},
                "storage": {"type": "enabled", "buckets": {
                    "us": {"bucket_name": 1, "x": 1},
                    "eu": "b",
                    "sg": {"bucket_name": "b", "project_number": "1"},
                }},
            }),
            "cmek.external_key_ids.sg: Input should be a valid string; \
             cmek.external_key_ids.us: Input should be a valid string; \
             storage.buckets.eu: Input should be a valid object; \
             storage.buckets.us.bucket_name: Input should be a valid string; \
             storage.buckets.us.project_number: Field required; \
             storage.buckets.us.x: Extra inputs are not permitted",
        ),
        (
            json!({"cmek": {"type": "enabled", "external_key_ids": []}, "storage": {"type": "enabled", "buckets": "b"}}),
            "cmek.external_key_ids: Input should be a valid object; storage.buckets: Input should be a valid object",
        ),
    ] {
        let answer = client.post(&data_controls(&profile)).json(&body);
        assert_eq!(answer.refused(400), reasons, "{body}");
        assert!(answer.body["error"]["details"].is_null(), "{body}");
    }
}

#[test]
fn a_profile_that_does_not_exist_is_not_found_rather_than_not_approved() {
    let (app, client) = app();
    let profile = client.create(&json!({"name": "Example"}));
    app.client.delete(&path(id(&profile))).send().ok();
    for body in [json!({}), json!({"cmek": enabled_cmek()})] {
        let refused = client.post(&data_controls(&profile)).json(&body);
        assert_eq!(refused.refused(404), "User profile not found", "{body}");
    }
}

#[test]
fn older_shapes_answer_as_to_any_unknown_path() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = client.call(method.clone(), &data_controls(&profile)).send();
            match (shape, method) {
                (Shape::V1 | Shape::V2, method) => assert_eq!(answer.refused(404), "Not found", "{method} {shape:?}"),
                (_, Method::GET) => _ = answer.ok(),
                (_, Method::POST) => _ = answer.refused(400),
                (_, method) => assert_eq!(answer.refused(405), "Method not allowed", "{method} {shape:?}"),
            }
        }
    }
}
