//! Deleting a profile: what every route answers from then on, and that no personal data is left in any table.

use serde_json::{Value, json};
use sqlx::Row;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::support::client::{id, path};
use crate::support::routes::Route;
use crate::support::{Shape, TestApp};

/// Texts that occur nowhere else, one for each free-text field.
const MARKERS: [&str; 6] =
    ["markername", "markerreference", "markeremail", "markernamehash", "markerkey", "markervalue"];

fn create(app: &TestApp, prefix: &str) -> Value {
    app.client.speaking(Shape::Ga).create(&json!({
        "name": format!("{prefix}markername"),
        "external_user_details": {
            "account_status": "blocked",
            "country": "NZ",
            "email_hash": format!("{prefix}markeremail"),
            "entity_type": "non_profit",
            "name_hash": format!("{prefix}markernamehash"),
            "onboarded_at": "1987-06-05T04:03:02Z",
            "reference_id": format!("{prefix}markerreference"),
        },
        "metadata": {format!("{prefix}markerkey"): format!("{prefix}markervalue")},
    }))
}

/// Adds grants and enforcement actions to every profile.
fn decide(app: &TestApp) {
    app.database.seed(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, 'cyber', 'active', gen_random_uuid(), now() from user_profiles;
         insert into trust_grant_parts (organization_id, profile_id, grant_name, name, status)
         select organization_id, profile_id, name, 'a', 'active' from trust_grants;
         insert into trust_grant_decisions (
                organization_id, profile_id, grant_name, id, decided_at, status, actor,
                part_names, part_statuses, part_data_retentions, part_human_reviews)
         select organization_id, profile_id, name, decision_id, decided_at, status, 'reviewer', '{}', '{}', '{}', '{}'
           from trust_grants;
         insert into enforcement_actions (
                organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check)
         select organization_id, id, gen_random_uuid(), 'ban', 'high_harm', now(), 'reviewer', 'none' from user_profiles;",
    );
}

/// The tables whose rows are deleted with their profile.
const TABLES: [&str; 7] = [
    "user_profiles",
    "user_profile_metadata",
    "trust_grants",
    "trust_grant_parts",
    "trust_grant_decisions",
    "enforcement_actions",
    "enrollments",
];

fn holds(dump: &str, prefix: &str) -> Vec<String> {
    MARKERS.iter().map(|marker| format!("{prefix}{marker}")).filter(|marker| dump.contains(marker)).collect()
}

#[test]
fn a_deleted_profile_is_not_found_on_any_route() {
    let app = TestApp::start();
    let (kept, deleted) = (app.client.create(&json!({})), app.client.create(&json!({"metadata": {"plan": "pro"}})));
    let answer = app.client.delete(&path(id(&deleted))).send().ok();
    assert_eq!(answer, json!({"id": id(&deleted), "type": "user_profile_deleted"}));
    for route in Route::all().iter().filter(|route| route.names_a_profile()) {
        let answer = route.take(&app.client, id(&deleted));
        assert_eq!(answer.refused(404), "User profile not found", "{} {}", route.method, route.path);
    }
    assert_eq!(app.client.list("")["data"], json!([kept]));
}

#[test]
fn a_delete_accepts_a_content_type_without_a_body() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.client.delete(&path(id(&profile))).header("content-type", "application/json").send().ok();
}

#[test]
fn after_a_delete_no_table_holds_any_personal_data_of_the_profile() {
    let app = TestApp::start();
    let (gone, kept) = (create(&app, "gone"), create(&app, "kept"));
    decide(&app);
    for profile in [&gone, &kept] {
        app.client.post(&format!("{}/enrollment_url", path(id(profile)))).send().ok();
    }
    // Values that an update replaced are erased too.
    let update =
        json!({"name": "gonemarkername 2", "metadata": {"gonemarkerkey": "", "gonemarkerkey2": "gonemarkervalue2"}});
    app.client.update(id(&gone), &update);
    let before = app.database.dump();
    assert_eq!((holds(&before, "gone").len(), holds(&before, "kept").len()), (6, 6), "{before}");
    assert_eq!(before.matches("1987-06-05").count(), 2);

    app.client.delete(&path(id(&gone))).send().ok();
    let after = app.database.dump();
    assert_eq!(holds(&after, "gone"), [""; 0], "{after}");
    assert_eq!(holds(&after, "kept").len(), 6, "{after}");
    assert_eq!(after.matches("1987-06-05").count(), 1);
    for table in TABLES {
        assert_eq!(app.database.count(table), 1, "{table} holds rows of the deleted profile");
    }
}

#[test]
fn after_a_delete_the_id_and_the_times_of_creation_and_erasure_are_stored() {
    let app = TestApp::start();
    let profile = create(&app, "gone");
    let uuid = app.database.texts("select id::text from user_profiles").remove(0);
    app.client.delete(&path(id(&profile))).send().ok();
    let remains = "select id::text, organization_id = (select id from organizations) as ours,
                          created_at at time zone 'UTC' as created_at, erased_at >= created_at as later
                     from erased_user_profiles";
    let row = app.database.row(remains);
    assert_eq!(row.get::<String, _>("id"), uuid);
    assert!(row.get::<bool, _>("ours") && row.get::<bool, _>("later"));
    let created: PrimitiveDateTime = row.get("created_at");
    let answered = OffsetDateTime::parse(profile["created_at"].as_str().unwrap(), &Rfc3339).unwrap();
    assert_eq!(created.assume_utc(), answered);
    assert_eq!(app.database.count("erased_user_profiles"), 1);
    let columns = "select column_name::text from information_schema.columns
                    where table_name = 'erased_user_profiles' order by 1";
    assert_eq!(app.database.texts(columns), ["created_at", "erased_at", "id", "organization_id"]);
}

#[test]
fn a_second_delete_finds_nothing_and_changes_nothing() {
    let app = TestApp::start();
    let profile = create(&app, "gone");
    for (shape, status) in Shape::ALL.into_iter().zip([200, 404, 404, 404]) {
        let answer = app.client.speaking(shape).delete(&path(id(&profile))).send();
        assert_eq!(answer.status, status, "{shape:?}");
    }
    assert_eq!(app.database.count("erased_user_profiles"), 1);
}

#[test]
fn a_delete_by_another_organization_erases_nothing() {
    let app = TestApp::start();
    let profile = create(&app, "kept");
    let before = app.database.dump();
    let stranger = app.client.with_key(&app.strangers_key());
    stranger.delete(&path(id(&profile))).send().refused(404);
    assert_eq!(holds(&app.database.dump(), "kept"), holds(&before, "kept"));
    assert_eq!(app.database.count("erased_user_profiles"), 0);
}

#[test]
fn a_deleted_profile_is_not_found_in_any_shape_or_list() {
    let app = TestApp::start();
    let (gone, kept) = (create(&app, "gone"), create(&app, "kept"));
    app.client.delete(&path(id(&gone))).send().ok();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        client.get(&path(id(&gone))).send().refused(404);
        client.post(&path(id(&gone))).json(&json!({"name": "Back"})).refused(404);
        for query in ["", "order_by=name", "order_by=name&order=asc", "order=asc"] {
            let listed = client.list(query);
            let ids: Vec<_> = listed["data"].as_array().unwrap().iter().map(id).collect();
            assert_eq!(ids, [id(&kept)], "{shape:?} {query}");
        }
    }
}
