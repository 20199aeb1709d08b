//! A profile from its create to its delete, and ids that name none.

use serde_json::json;
use sqlx::Row;

use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};
use crate::support::routes::Route;

const NOT_FOUND: &str = "User profile not found";

#[test]
fn a_deleted_profile_is_gone_for_every_route() {
    let app = TestApp::start();
    let (kept, deleted) = (app.client.create(&json!({})), app.client.create(&json!({"metadata": {"plan": "pro"}})));
    let answer = app.client.delete(&path(id(&deleted))).send().ok();
    assert_eq!(answer, json!({"id": id(&deleted), "type": "user_profile_deleted"}));
    for route in Route::all().iter().filter(|route| route.names_a_profile()) {
        let answer = route.take(&app.client, id(&deleted));
        assert_eq!(answer.refused(404), NOT_FOUND, "{} {}", route.method, route.path);
    }
    assert_eq!(app.client.list("")["data"], json!([kept]));
}

#[test]
fn a_delete_leaves_nothing_of_the_profile_behind() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Gone", "metadata": {"plan": "pro"}}));
    app.database.execute(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, 'cyber', 'active', gen_random_uuid(), now() from user_profiles",
    );
    app.client.delete(&path(id(&profile))).send().ok();
    let left = "select (select count(*) from user_profile_metadata) + (select count(*) from trust_grants)";
    assert_eq!(app.database.row(left).get::<i64, _>(0), 0);
}

#[test]
fn a_delete_takes_the_content_type_that_clients_send_without_a_body() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.client.delete(&path(id(&profile))).header("content-type", "application/json").send().ok();
}

#[test]
fn an_id_that_is_malformed_or_names_nothing_is_not_found() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let real = id(&profile);
    let ids = [
        "uprof_01aaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        "uprof_010000000000000000000000".to_owned(),
        // Greater than any 128 bits.
        "uprof_01zzzzzzzzzzzzzzzzzzzzzz".to_owned(),
        "uprof_".to_owned(),
        "x".to_owned(),
        "%20".to_owned(),
        "%00".to_owned(),
        "%FF%FE".to_owned(),
        "%zz".to_owned(),
        "..%2Fuser_profiles".to_owned(),
        "uprof_01%27%20or%201%3D1".to_owned(),
        "%F0%9F%90%88".to_owned(),
        "1".repeat(5_000),
        real.replace("uprof_", "org_"),
        real.replace("uprof_", "UPROF_"),
        real.replace("uprof_01", "uprof_02"),
        real.replace("uprof_01", "uprof_"),
        format!("{real}0"),
        format!("{real}%20"),
        format!("{real}%2F"),
        real[..real.len() - 1].to_owned(),
    ];
    for id in &ids {
        for route in Route::all().iter().filter(|route| route.names_a_profile()) {
            assert_eq!(route.take(&app.client, id).refused(404), NOT_FOUND, "{} {id:.60}", route.method);
        }
    }
    assert_eq!(app.client.retrieve(real), profile);
}

#[test]
fn an_id_may_come_percent_encoded() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let encoded: Vec<_> = id(&profile).bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(app.client.retrieve(&encoded.concat()), profile);
    assert_eq!(app.client.retrieve(&id(&profile).replace('_', "%5f")), profile);
}

#[test]
fn a_grant_shows_by_its_name_wherever_the_profile_does() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Approved"}));
    app.database.execute(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, grants.name, grants.status, gen_random_uuid(), now()
           from user_profiles, (values ('cyber', 'active')) as grants (name, status)",
    );
    let grants = json!({"cyber": {"status": "active"}});
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], grants);
    app.database.execute(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, grants.name, grants.status, gen_random_uuid(), now()
           from user_profiles, (values ('efs', 'pending'), ('other', 'rejected')) as grants (name, status)",
    );
    let grants = json!({
        "cyber": {"status": "active"},
        "efs": {"status": "pending"},
        "other": {"status": "rejected"},
    });
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], grants);
    assert_eq!(app.client.list("")["data"][0]["trust_grants"], grants);
    assert_eq!(app.client.update(id(&profile), &json!({"name": "Renamed"}))["trust_grants"], grants);
    assert_eq!(app.client.post(PROFILES).json(&json!({})).ok()["trust_grants"], json!({}));
}
