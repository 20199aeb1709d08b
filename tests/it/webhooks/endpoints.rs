//! Webhook endpoints as their organization administers them.

use serde_json::{Value, json};

use crate::support::{Client, TestApp};

const WEBHOOKS: &str = "/v1/organizations/webhooks";
const EVENT_KINDS: [&str; 3] = [
    "user_profile.enforcement_action_opened",
    "user_profile.enforcement_action_resolved",
    "user_profile.program_status_updated",
];

fn path(endpoint: &Value) -> String {
    format!("{WEBHOOKS}/{}", endpoint["id"].as_str().unwrap())
}

#[track_caller]
fn create(client: &Client, body: &Value) -> Value {
    client.post(WEBHOOKS).json(body).ok()
}

fn plain() -> Value {
    json!({"url": "https://example.com/hook", "enabled_events": [EVENT_KINDS[2]]})
}

/// What is answered of an endpoint that was just created, after its creation.
fn shown(created: &Value) -> Value {
    let mut shown = created.clone();
    shown.as_object_mut().unwrap().remove("signing_secret").unwrap();
    shown
}

#[test]
fn an_endpoint_is_answered_with_every_field_and_its_secret_only_once() {
    let app = TestApp::start();
    let created = create(&app.client, &plain());
    assert!(created["id"].as_str().unwrap().starts_with("wh_01"));
    assert_eq!(created["created_at"], created["updated_at"]);
    let secret = created["signing_secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == "whsec_".len() + 44, "{secret}");
    let mut rest = shown(&created);
    for field in ["id", "created_at", "updated_at"] {
        rest.as_object_mut().unwrap().remove(field).unwrap();
    }
    assert_eq!(
        rest,
        json!({
            "url": "https://example.com/hook",
            "name": "",
            "description": "",
            "enabled_events": [EVENT_KINDS[2]],
            "state": "enabled",
            "disabled_reason": "",
        })
    );
    let retrieved = app.client.get(&path(&created)).send().ok();
    assert_eq!(retrieved, shown(&created));
    assert_eq!(app.client.get(WEBHOOKS).send().ok()["data"], json!([retrieved]));
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let app = TestApp::start();
    let created =
        create(&app.client, &json!({"url": "https://example.com", "enabled_events": EVENT_KINDS, "name": "a"}));
    let update = |body: Value| app.client.post(&path(&created)).json(&body).ok();
    for nothing in [json!({}), json!({"enabled_events": []}), json!({"name": null, "url": null, "state": "enabled"})] {
        assert_eq!(update(nothing), shown(&created));
    }
    for (field, value) in [
        ("description", json!("For the help desk")),
        ("enabled_events", json!([EVENT_KINDS[0]])),
        ("name", json!("")),
        ("state", json!("disabled")),
        ("url", json!("https://example.org:8443/other?x=y")),
        ("state", json!("enabled")),
    ] {
        let before = app.client.get(&path(&created)).send().ok();
        let after = update(json!({field: value}));
        let mut expected = before.clone();
        expected[field] = value;
        expected["updated_at"] = after["updated_at"].clone();
        assert_eq!(after, expected);
        assert_ne!(after["updated_at"], before["updated_at"], "{field}");
        assert_eq!(app.client.get(&path(&created)).send().ok(), after);
    }
}

#[test]
fn a_deleted_endpoint_is_not_found_afterwards() {
    let app = TestApp::start();
    let created = create(&app.client, &plain());
    let deleted = app.client.delete(&path(&created)).send().ok();
    assert_eq!(deleted, json!({"id": created["id"], "type": "webhook_endpoint_deleted"}));
    app.client.get(&path(&created)).send().refused(404);
    app.client.delete(&path(&created)).send().refused(404);
    for malformed in ["wh_", "wh_01", "uprof_0100000000000000000000aa", "%00"] {
        let refused = app.client.get(&format!("{WEBHOOKS}/{malformed}")).send();
        assert_eq!(refused.refused(404), "Webhook endpoint not found", "{malformed}");
    }
}

#[test]
fn all_violations_of_a_create_are_in_one_answer() {
    let app = TestApp::start();
    for (body, reasons) in [
        (json!({}), "enabled_events: Field required; url: Field required"),
        (
            json!({"url": "http://example.com", "enabled_events": [], "name": 1, "state": "enabled"}),
            "enabled_events: Array should have at least 1 item; name: Input should be a valid string; \
             state: Extra inputs are not permitted; url: URL scheme should be https",
        ),
        (
            json!({"url": "https://10.0.0.1", "enabled_events": "x"}),
            "enabled_events: Input should be a valid array; url: URL host should not be a private address",
        ),
        (
            json!({"url": "https://localhost", "enabled_events": ["external_key.lost"]}),
            "enabled_events: Input should be one of `external_key.failed`, `external_key.recovered`, \
             `external_storage.failed`, `external_storage.recovered`, `user_profile.enforcement_action_opened`, \
             `user_profile.enforcement_action_resolved`, `user_profile.program_status_updated`; \
             url: URL host should not be a loopback address",
        ),
        (
            json!({"url": "https://example.com", "enabled_events": EVENT_KINDS, "description": "é".repeat(1_001)}),
            "description: String should have at most 1000 characters",
        ),
    ] {
        assert_eq!(app.client.post(WEBHOOKS).json(&body).refused(400), reasons);
    }
    let created = create(&app.client, &plain());
    let update = app.client.post(&path(&created)).json(&json!({"url": "https://[::1]/", "state": "off"}));
    assert_eq!(
        update.refused(400),
        "state: Input should be one of `enabled`, `disabled`; url: URL host should not be a loopback address"
    );
    assert_eq!(app.client.get(WEBHOOKS).send().ok()["data"], json!([shown(&created)]));
}

#[test]
fn the_same_event_twice_counts_once() {
    let app = TestApp::start();
    let events = json!([EVENT_KINDS[1], EVENT_KINDS[0], EVENT_KINDS[1]]);
    let created = create(&app.client, &json!({"url": "https://example.com", "enabled_events": events}));
    assert_eq!(created["enabled_events"], json!([EVENT_KINDS[1], EVENT_KINDS[0]]));
}

#[test]
fn an_endpoint_may_subscribe_to_events_that_never_happen_here() {
    let app = TestApp::start();
    let never =
        ["external_key.failed", "external_key.recovered", "external_storage.failed", "external_storage.recovered"];
    for events in [json!([never[0]]), json!(never), json!([never[3], EVENT_KINDS[2]])] {
        let created = create(&app.client, &json!({"url": "https://example.com", "enabled_events": events}));
        assert_eq!(created["enabled_events"], events);
        assert_eq!(app.client.get(&path(&created)).send().ok()["enabled_events"], events);
        let updated = app.client.post(&path(&created)).json(&json!({"enabled_events": [never[1]]})).ok();
        assert_eq!(updated["enabled_events"], json!([never[1]]));
    }
}

#[test]
fn an_organization_has_at_most_32_endpoints() {
    let app = TestApp::start();
    for _ in 0..32 {
        create(&app.client, &plain());
    }
    let refused = app.client.post(WEBHOOKS).json(&plain());
    assert!(refused.refused(409).contains("at most 32"));
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    let newest = app.client.get(&format!("{WEBHOOKS}?limit=1")).send().ok();
    app.client.delete(&path(&newest["data"][0])).send().ok();
    create(&app.client, &plain());
}

/// The ids of a page, and whether the list goes on.
fn page(client: &Client, query: &str) -> (Vec<String>, bool) {
    let page = client.get(&format!("{WEBHOOKS}?{query}")).send().ok();
    let ids: Vec<String> =
        page["data"].as_array().unwrap().iter().map(|each| each["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(page["first_id"].as_str(), ids.first().map(String::as_str));
    assert_eq!(page["last_id"].as_str(), ids.last().map(String::as_str));
    (ids, page["has_more"].as_bool().unwrap())
}

#[test]
fn a_list_is_paged_by_ids_in_both_orders() {
    let app = TestApp::start();
    let oldest_first: Vec<String> =
        (0..25).map(|_| create(&app.client, &plain())["id"].as_str().unwrap().to_owned()).collect();
    let newest_first: Vec<String> = oldest_first.iter().rev().cloned().collect();
    assert_eq!(page(&app.client, ""), (newest_first[..20].to_vec(), true));
    assert_eq!(page(&app.client, "limit=0"), (newest_first[..20].to_vec(), true));
    assert_eq!(page(&app.client, "limit=100&order=asc"), (oldest_first.clone(), false));
    for (order, ids) in [("asc", &oldest_first), ("desc", &newest_first)] {
        let mut seen = Vec::new();
        let mut query = format!("order={order}&limit=10");
        loop {
            let (more, has_more) = page(&app.client, &query);
            seen.extend(more);
            if !has_more {
                break;
            }
            query = format!("order={order}&limit=10&after_id={}", seen.last().unwrap());
        }
        assert_eq!(&seen, ids);
        let before = page(&app.client, &format!("order={order}&limit=3&before_id={}", ids[2]));
        assert_eq!(before, (ids[..2].to_vec(), false));
        let first_three = page(&app.client, &format!("order={order}&limit=3&before_id={}", ids[20]));
        assert_eq!(first_three, (ids[..3].to_vec(), true));
        let between = format!("order={order}&after_id={}&before_id={}", ids[4], ids[8]);
        assert_eq!(page(&app.client, &between), (ids[5..8].to_vec(), false));
        assert_eq!(page(&app.client, &format!("order={order}&after_id={}", ids[24])), (Vec::new(), false));
    }
}

#[test]
fn a_list_refuses_invalid_parameters() {
    let app = TestApp::start();
    let refused = app.client.get(&format!("{WEBHOOKS}?limit=101&order=up&after_id=x&before_id=evt_01")).send();
    assert_eq!(
        refused.refused(400),
        "after_id: Input should be an id that starts with `wh_`; before_id: Input should be an id that starts with `wh_`; \
         limit: Input should be between 0 and 100; order: Input should be one of `asc`, `desc`"
    );
}

#[test]
fn a_new_secret_is_answered_and_replaces_the_old_one() {
    let app = TestApp::start();
    let created = create(&app.client, &plain());
    let regenerate = || app.client.post(&format!("{}/regenerate_signing_secret", path(&created))).send().ok();
    let (first, second) = (regenerate(), regenerate());
    assert!(first["signing_secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(first != second && first["signing_secret"] != created["signing_secret"]);
    assert_eq!(first.as_object().unwrap().len(), 1);
}

#[test]
fn the_header_that_the_official_clients_send_is_accepted_and_not_needed() {
    let app = TestApp::start();
    let created = create(&app.client.with_beta("webhooks-2026-10-07"), &plain());
    for client in [app.client.without_beta(), app.client.with_beta("webhooks-2026-10-07")] {
        client.get(&format!("{}?beta=true", path(&created))).send().ok();
    }
}

#[test]
fn an_organization_sees_its_own_endpoints_only() {
    let app = TestApp::start();
    let stranger = app.client.with_key(&app.strangers_key());
    let (ours, theirs) = (create(&app.client, &plain()), create(&stranger, &plain()));
    assert_eq!(app.client.get(WEBHOOKS).send().ok()["data"], json!([shown(&ours)]));
    assert_eq!(stranger.get(WEBHOOKS).send().ok()["data"], json!([shown(&theirs)]));
    stranger.delete(&path(&ours)).send().refused(404);
}

#[test]
fn a_request_with_an_idempotency_key_is_executed_once() {
    let app = TestApp::start();
    let keyed = |path: &str, key: &str| app.client.post(path).header("idempotency-key", key);
    let created = keyed(WEBHOOKS, "create").json(&plain()).ok();
    let again = keyed(WEBHOOKS, "create").json(&plain());
    assert!(again.is_replay());
    assert_eq!(again.ok(), created);
    assert_eq!(app.database.count("webhook_endpoints"), 1);

    let regenerate = format!("{}/regenerate_signing_secret", path(&created));
    let secret = keyed(&regenerate, "secret").send().ok();
    assert_eq!(keyed(&regenerate, "secret").send().ok(), secret);
    let updated = keyed(&path(&created), "update").json(&json!({"name": "First"})).ok();
    app.client.post(&path(&created)).json(&json!({"name": "Second"})).ok();
    assert_eq!(keyed(&path(&created), "update").json(&json!({"name": "First"})).ok(), updated);
    assert_eq!(app.client.get(&path(&created)).send().ok()["name"], "Second");
    let other = keyed(&path(&created), "update").json(&json!({"name": "Third"}));
    assert_eq!(other.refused(400), "idempotency-key: Key was used for another request");
    // The stored answer contains no secret for a reader of the database.
    let stored = app.database.texts("select encode(answer, 'escape') from idempotency_keys").join("\n");
    assert!(stored.contains("First") && !stored.contains("whsec_"), "{stored}");
}
