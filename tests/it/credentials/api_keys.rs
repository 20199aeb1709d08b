//! Keys, as the operator of an organization administers them.

use serde_json::{Value, json};
use time::Duration;
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::credential::api_key::{KEY_PREFIX, Scope};
use uprof::domain::id::{ApiKeyId, OrganizationId};
use uuid::Uuid;

use crate::support::answer::keys;
use crate::support::client::{PROFILES, id};
use crate::support::rows::hexadecimal;
use crate::support::{Client, Key, KeySpec, TestApp};

pub(super) const KEYS: &str = "/v1/organizations/api_keys";

/// Speaks for the operator of the app's organization, with a key that may do everything: it creates none that may do more.
pub(super) fn operator(app: &TestApp) -> Client {
    app.client.with_key(&app.another_key(KeySpec::default()))
}

/// The key of an answer to a create, as its holder knows it.
pub(super) fn held(answer: &Value) -> Key {
    let organization = OrganizationId::new(Uuid::nil());
    Key { organization, id: id(answer).parse().unwrap(), secret: answer["key"].as_str().unwrap().to_owned() }
}

/// The same, of the app's organization.
pub(super) fn held_in(app: &TestApp, answer: &Value) -> Key {
    Key { organization: app.key.organization, ..held(answer) }
}

pub(super) fn path(id: ApiKeyId) -> String {
    format!("{KEYS}/{id}")
}

/// The keys of all pages.
fn all(operator: &Client, query: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut answer = operator.get(&format!("{KEYS}?{query}")).send().ok();
    loop {
        found.extend(answer["data"].as_array().unwrap().iter().cloned());
        let Some(next) = answer["next_page"].as_str() else { return found };
        answer = operator.get(&format!("{KEYS}?{query}&page={next}")).send().ok();
    }
}

#[test]
fn a_new_key_is_shown_once_and_permits_what_its_scopes_name() {
    let app = TestApp::start();
    let operator = operator(&app);
    let body =
        json!({"scopes": ["profiles:read"], "workspace_id": "wrkspc_1", "expires_at": "2999-01-01T01:00:00+01:00"});
    let made = operator.post(KEYS).json(&body).ok();
    assert_eq!(
        keys(&made),
        [
            "created_at",
            "expires_at",
            "id",
            "key",
            "last_four",
            "read_limit",
            "revoked_at",
            "scopes",
            "type",
            "workspace_id",
            "write_limit"
        ]
    );
    assert_eq!(made["scopes"], json!(["profiles:read"]));
    assert_eq!((&made["type"], &made["workspace_id"]), (&json!("api_key"), &json!("wrkspc_1")));
    assert_eq!((&made["expires_at"], &made["revoked_at"]), (&json!("2999-01-01T00:00:00Z"), &Value::Null));
    let key = held(&made);
    assert!(key.secret.starts_with(KEY_PREFIX) && key.secret.ends_with(made["last_four"].as_str().unwrap()));
    let client = app.client.with_key(&key);
    client.list("");
    client.post(PROFILES).json(&json!({})).refused(403);
    client.get(PROFILES).header("anthropic-workspace-id", "wrkspc_2").send().refused(403);
    // Nowhere else, and not in the database.
    let listed = all(&operator, "");
    assert!(!json!(listed).to_string().contains(&key.secret));
    assert!(!app.database.dump().contains(&key.secret));
    let mut shown = made.clone();
    shown.as_object_mut().unwrap().remove("key");
    assert!(listed.contains(&shown), "{shown} in {listed:?}");
}

#[test]
fn a_key_by_default_serves_every_workspace_and_never_expires() {
    let app = TestApp::start();
    let operator = operator(&app);
    for body in [json!({"scopes": ["admin"]}), json!({"scopes": ["admin"], "workspace_id": null, "expires_at": null})] {
        let made = operator.post(KEYS).json(&body).ok();
        assert_eq!((&made["workspace_id"], &made["expires_at"]), (&Value::Null, &Value::Null));
        // An operator makes others.
        app.client.with_key(&held(&made)).post(KEYS).json(&json!({"scopes": ["admin", "admin"]})).ok();
    }
}

#[test]
fn all_violations_of_a_new_key_are_in_one_answer_and_none_is_created() {
    let app = TestApp::start();
    let operator = operator(&app);
    let before = app.database.count("api_keys");
    let refuse =
        |body: &Value, message: &str| assert_eq!(operator.post(KEYS).json(body).refused(400), message, "{body}");
    refuse(&json!({}), "scopes: Field required");
    refuse(&json!({"scopes": null}), "scopes: Field required");
    refuse(&json!({"scopes": []}), "scopes: Array should have at least 1 item");
    refuse(&json!({"scopes": "admin"}), "scopes: Input should be a valid array");
    refuse(&json!({"scopes": [1]}), "scopes: Input should be a valid string");
    let words = "Input should be one of `profiles:read`, `profiles:write`, `admin`";
    refuse(&json!({"scopes": ["admin", "root"]}), &format!("scopes: {words}"));
    refuse(
        &json!({"scopes": ["ADMIN"], "workspace_id": "", "expires_at": "2001-01-01T00:00:00Z", "organization_id": "org_1"}),
        &format!(
            "expires_at: Timestamp lies in the past; organization_id: Extra inputs are not permitted; scopes: {words}; \
             workspace_id: String should have at least 1 character"
        ),
    );
    refuse(
        &json!({"scopes": ["admin"], "expires_at": "2999-01-01"}),
        "expires_at: Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z",
    );
    assert_eq!(app.database.count("api_keys"), before);
}

#[test]
fn keys_are_listed_page_by_page_in_both_directions_including_revoked_and_expired_ones() {
    let app = TestApp::start();
    let operator = operator(&app);
    for number in 0..5 {
        let made = operator.post(KEYS).json(&json!({"scopes": ["profiles:read"]})).ok();
        if number == 1 {
            operator.delete(&path(held(&made).id)).send().ok();
        }
    }
    app.database.seed("update api_keys set expires_at = now() where id = (select max(id::text)::uuid from api_keys)");
    app.strangers_key();
    let mut oldest_first = all(&operator, "order=asc&limit=3");
    // With the two that the tests themselves use.
    assert_eq!(oldest_first.len(), 7);
    assert_eq!(oldest_first.iter().filter(|key| !key["revoked_at"].is_null()).count(), 1);
    assert_eq!(oldest_first.iter().filter(|key| !key["expires_at"].is_null()).count(), 1);
    assert!(oldest_first.is_sorted_by_key(|key| key["id"].as_str().unwrap().to_owned()));
    oldest_first.reverse();
    assert_eq!(all(&operator, "limit=1"), oldest_first);
    let message = operator.get(&format!("{KEYS}?limit=101&order=up&page=x")).send();
    for field in ["limit: ", "order: ", "page: Invalid cursor"] {
        assert!(message.refused(400).contains(field), "{field}");
    }
    let ascending = operator.get(&format!("{KEYS}?order=asc&limit=1")).send().ok();
    let cursor = ascending["next_page"].as_str().unwrap();
    let refusal = operator.get(&format!("{KEYS}?page={cursor}")).send();
    assert_eq!(refusal.refused(400), "page: Cursor belongs to a list in another order");
    operator.get(&format!("/v1/organizations/events?order=asc&page={cursor}")).send().refused(400);
}

#[test]
fn a_revoked_key_is_refused_at_once_and_a_second_revocation_does_not_change_its_time() {
    let app = TestApp::start();
    let operator = operator(&app);
    let client = app.client.with_key(&app.another_key(KeySpec::default()));
    client.list("");
    let made = operator.post(KEYS).json(&json!({"scopes": ["profiles:read"]})).ok();
    let key = held(&made);
    app.client.with_key(&key).list("");
    let revoked = operator.delete(&path(key.id)).send().ok();
    app.client.with_key(&key).get(PROFILES).send().refused(401);
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    assert_eq!(operator.delete(&path(key.id)).send().ok(), revoked);
    assert!(all(&operator, "").contains(&revoked));
    client.list("");
}

#[test]
fn a_key_cannot_revoke_itself() {
    let app = TestApp::start();
    let key = app.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() });
    let client = app.client.with_key(&key);
    assert_eq!(client.delete(&path(key.id)).send().refused(409), "An API key cannot revoke itself");
    assert!(all(&client, "").iter().all(|key| key["revoked_at"].is_null()));
    operator(&app).delete(&path(key.id)).send().ok();
    client.get(KEYS).send().refused(401);
}

#[test]
fn keys_of_another_organization_are_not_found() {
    let app = TestApp::start();
    let spec = KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() };
    let stranger = app.client.with_key(&app.accounts.key(app.another_organization(), spec));
    assert_eq!(all(&stranger, "").len(), 1);
    let malformed = format!("{KEYS}/{}", app.key.organization);
    for path in [path(app.key.id), path(ApiKeyId::new(Uuid::max())), malformed] {
        assert_eq!(stranger.delete(&path).send().refused(404), "API key not found", "{path}");
    }
    app.client.list("");
}

#[test]
fn a_key_that_is_bound_to_a_workspace_creates_keys_for_no_other() {
    let app = TestApp::start();
    let spec = KeySpec { workspace: Some("wrkspc_1"), ..KeySpec::default() };
    let bound = app.client.with_key(&app.another_key(spec));
    for workspace in [Value::Null, json!("wrkspc_1")] {
        let made = bound.post(KEYS).json(&json!({"scopes": ["profiles:read"], "workspace_id": workspace})).ok();
        assert_eq!(made["workspace_id"], "wrkspc_1");
    }
    let other = bound.post(KEYS).json(&json!({"scopes": ["profiles:read"], "workspace_id": "wrkspc_2"}));
    assert_eq!(other.refused(403), "workspace_id: API key belongs to another workspace");
}

#[test]
fn a_replayed_create_creates_one_key_which_is_not_stored() {
    let app = TestApp::start();
    let create = || app.client.post(KEYS).header("idempotency-key", "k").json(&json!({"scopes": ["profiles:read"]}));
    let made = create().ok();
    let again = create();
    assert!(again.is_replay());
    assert_eq!(again.ok(), made);
    assert_eq!(app.database.count("api_keys"), 2);
    let key = held(&made);
    app.client.with_key(&key).list("");
    let dump = app.database.dump();
    assert!(!dump.contains(&key.secret) && !dump.contains(&hexadecimal(&key.secret)), "a key is stored");
}

#[test]
fn a_key_makes_none_that_may_do_more_or_for_longer_than_itself() {
    let app = TestApp::start();
    let scopes = vec![Scope::Admin, Scope::ProfilesRead];
    let expires_at = Some(SystemClock.now() + Duration::HOUR);
    let maker = app.client.with_key(&app.another_key(KeySpec { scopes, expires_at, ..KeySpec::default() }));
    let refuse = |body: Value| maker.post(KEYS).json(&body).refused(403).to_owned();
    let lacks = "scopes: API key lacks the scope `profiles:write` itself";
    assert_eq!(refuse(json!({"scopes": ["profiles:read", "profiles:write"]})), lacks);
    let later = json!({"scopes": ["admin"], "expires_at": "2999-01-01T00:00:00Z"});
    assert_eq!(refuse(later), "expires_at: API key expires before that itself");
    let made = maker.post(KEYS).json(&json!({"scopes": ["profiles:read"]})).ok();
    let end = made["expires_at"].as_str().unwrap().to_owned();
    assert!(
        all(&maker, "").iter().filter(|key| key["expires_at"] == end).count() == 2,
        "the child ends with its maker"
    );
    let same = maker.post(KEYS).json(&json!({"scopes": ["admin"], "expires_at": end})).ok();
    assert_eq!(same["expires_at"], end);
}

#[test]
fn a_key_that_is_bound_to_a_workspace_sees_and_revokes_its_keys_only() {
    let app = TestApp::start();
    let in_workspace = |workspace| app.another_key(KeySpec { workspace, ..KeySpec::default() });
    let (bound, sister) = (in_workspace(Some("wrkspc_1")), in_workspace(Some("wrkspc_1")));
    let others = [in_workspace(Some("wrkspc_2")), in_workspace(None)];
    let client = app.client.with_key(&bound);
    let seen: Vec<_> = all(&client, "order=asc&limit=1").iter().map(|key| id(key).to_owned()).collect();
    assert_eq!(seen, [bound.id.to_string(), sister.id.to_string()]);
    for other in &others {
        assert_eq!(client.delete(&path(other.id)).send().refused(404), "API key not found");
        app.client.with_key(other).list("");
    }
    client.delete(&path(sister.id)).send().ok();
    app.client.with_key(&sister).get(PROFILES).send().refused(401);
}
