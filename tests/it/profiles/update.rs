//! What an update changes, and what it leaves.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::support::TestApp;
use crate::support::client::{id, path};

const NAME_REQUIRED: &str = "name: Field required when `relationship` is `resold`";

fn updated_at(profile: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(profile["updated_at"].as_str().unwrap(), &Rfc3339).unwrap()
}

#[test]
fn an_update_answers_the_whole_updated_profile() {
    let app = TestApp::start();
    let before = app.client.create(&json!({"name": "Before", "external_id": "before", "metadata": {"plan": "pro"}}));
    let after = app.client.update(id(&before), &json!({"name": "After"}));

    let mut expected = before.clone();
    expected["name"] = json!("After");
    expected["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expected);
    assert!(updated_at(&after) > updated_at(&before), "{before} {after}");
    assert_eq!(app.client.retrieve(id(&before)), after);
    assert_eq!(app.client.list("")["data"], json!([after]));
}

#[test]
fn every_field_can_be_replaced() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before", "external_id": "before"}));
    let changes = json!({"name": "After", "external_id": "after", "relationship": "internal", "metadata": {"a": "b"}});
    let after = app.client.update(id(&profile), &changes);
    for field in ["name", "external_id", "relationship", "metadata"] {
        assert_eq!(after[field], changes[field]);
    }
    assert_eq!(app.client.retrieve(id(&profile)), after);
}

#[test]
fn an_update_without_a_change_does_not_move_updated_at() {
    let app = TestApp::start();
    let sent = json!({"name": "Same", "external_id": "same", "relationship": "resold", "metadata": {"plan": "pro"}});
    let profile = app.client.create(&sent);
    let nothings = [
        json!({}),
        sent.clone(),
        json!({"relationship": null}),
        json!({"metadata": null}),
        json!({"name": "Same"}),
        json!({"metadata": {"never there": ""}}),
    ];
    for nothing in &nothings {
        assert_eq!(app.client.update(id(&profile), nothing), profile, "{nothing}");
    }
    assert_eq!(app.client.retrieve(id(&profile)), profile);
}

#[test]
fn each_real_change_moves_updated_at_and_never_created_at() {
    let app = TestApp::start();
    let mut last = app.client.create(&json!({"name": "Before", "external_id": "x", "metadata": {"plan": "pro"}}));
    let changes = [
        json!({"name": "After"}),
        json!({"name": null}),
        json!({"external_id": "y"}),
        json!({"external_id": null}),
        json!({"relationship": "internal"}),
        json!({"metadata": {"plan": "free"}}),
        json!({"metadata": {"plan": ""}}),
        json!({"metadata": {"seats": "5"}}),
    ];
    for change in &changes {
        let next = app.client.update(id(&last), change);
        assert!(updated_at(&next) > updated_at(&last), "{change}");
        assert_eq!(next["created_at"], last["created_at"]);
        last = next;
    }
}

#[test]
fn null_clears_a_name_and_an_external_id_and_nothing_else() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({
        "name": "Before", "external_id": "before", "relationship": "internal", "metadata": {"plan": "pro"},
    }));
    let nulls = json!({"name": null, "external_id": null, "relationship": null, "metadata": null});
    let cleared = app.client.update(id(&profile), &nulls);
    assert_eq!(cleared["name"], json!(null));
    assert_eq!(cleared["external_id"], json!(null));
    assert_eq!(cleared["relationship"], "internal");
    assert_eq!(cleared["metadata"], json!({"plan": "pro"}));
    assert_eq!(app.client.retrieve(id(&profile)), cleared);
    assert_eq!(app.client.update(id(&profile), &json!({"name": null})), cleared);
}

#[test]
fn an_update_cannot_leave_a_resold_profile_without_a_name() {
    let app = TestApp::start();
    let post = |id: &str, body: Value| app.client.post(&path(id)).json(&body);

    let nameless = app.client.create(&json!({}));
    assert_eq!(post(id(&nameless), json!({"relationship": "resold"})).refused(400), NAME_REQUIRED);
    assert_eq!(app.client.retrieve(id(&nameless)), nameless);
    post(id(&nameless), json!({"relationship": "resold", "name": "Reseller"})).ok();

    let named = app.client.create(&json!({"name": "Reseller"}));
    let resold = post(id(&named), json!({"relationship": "resold"})).ok();
    assert_eq!(post(id(&named), json!({"name": null})).refused(400), NAME_REQUIRED);
    assert_eq!(post(id(&named), json!({"name": null, "relationship": "resold"})).refused(400), NAME_REQUIRED);
    assert_eq!(app.client.retrieve(id(&named)), resold);
    post(id(&named), json!({"name": null, "relationship": "external"})).ok();
}

#[test]
fn a_resold_profile_that_has_no_name_already_can_be_changed_elsewhere() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    // As newer shapes leave it, which need no name.
    app.database.execute("update user_profiles set relationship = 'resold'");
    let post = |body: Value| app.client.post(&path(id(&profile))).json(&body);
    assert_eq!(post(json!({"metadata": {"plan": "pro"}})).ok()["metadata"], json!({"plan": "pro"}));
    assert_eq!(post(json!({"external_id": "x"})).ok()["external_id"], "x");
    assert_eq!(post(json!({"relationship": null})).ok()["relationship"], "resold");
    assert_eq!(post(json!({"relationship": "resold"})).refused(400), NAME_REQUIRED);
    assert_eq!(post(json!({"name": null})).refused(400), NAME_REQUIRED);
    assert_eq!(post(json!({"name": "Reseller"})).ok()["name"], "Reseller");
}

#[test]
fn updated_at_does_not_go_back_when_the_clock_did() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.database.execute("update user_profiles set updated_at = '2100-01-01T00:00:00Z'");
    let after = app.client.update(id(&profile), &json!({"name": "After"}));
    assert_eq!(after["updated_at"], "2100-01-01T00:00:00Z");
}
