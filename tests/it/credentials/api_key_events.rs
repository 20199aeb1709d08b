//! Creating and revoking a key are events.

use serde_json::{Value, json};

use super::api_keys::{KEYS, held, held_in, operator, path};
use crate::support::{KeySpec, TestApp};

#[test]
fn creating_and_revoking_a_key_are_events_that_name_the_acting_key() {
    let app = TestApp::start();
    let maker = app.another_key(KeySpec::default());
    let operator = app.client.with_key(&maker);
    let made = operator.post(KEYS).header("idempotency-key", "k").json(&json!({"scopes": ["admin"]})).ok();
    operator.post(KEYS).header("idempotency-key", "k").json(&json!({"scopes": ["admin"]})).ok();
    operator.post(KEYS).json(&json!({"scopes": []})).refused(400);
    app.accounts.revoke(&held_in(&app, &made));
    operator.delete(&path(held(&made).id)).send().ok();
    let second = operator.post(KEYS).json(&json!({"scopes": ["admin"]})).ok();
    operator.delete(&path(held(&second).id)).send().ok();
    let events = operator.get("/v1/organizations/events?order=asc").send().ok();
    let told: Vec<_> = events["data"].as_array().unwrap().iter().map(|event| event["data"].clone()).collect();
    let event = |what: &str, key: &Value, actor: &str| json!({"type": format!("api_key.{what}"), "id": key["id"], "actor": actor});
    let by_maker = maker.id.to_string();
    assert_eq!(
        told,
        [
            event("created", &made, &by_maker),
            event("revoked", &made, "command_line"),
            event("created", &second, &by_maker),
            event("revoked", &second, &by_maker),
        ]
    );
    let revoked = operator.get("/v1/organizations/events?type=api_key.revoked").send().ok();
    assert_eq!(revoked["data"].as_array().unwrap().len(), 2);
}

#[test]
fn a_key_is_made_or_revoked_exactly_if_its_event_is() {
    let app = TestApp::start();
    let operator = operator(&app);
    let made = operator.post(KEYS).json(&json!({"scopes": ["admin"]})).ok();
    let keys = app.database.count("api_keys");
    app.database.execute("alter table events add constraint events_none check (api_key_id is null) not valid");
    operator.post(KEYS).json(&json!({"scopes": ["admin"]})).refused(500);
    operator.delete(&path(held(&made).id)).send().refused(500);
    assert_eq!(app.database.count("api_keys"), keys);
    assert_eq!(app.database.count("api_keys where revoked_at is not null"), 0);
}
