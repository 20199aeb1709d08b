//! Deleting a profile: what every route answers from then on, and that no personal data is left in any table.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::Row;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};
use uprof::domain::id::RandomIds;
use uprof::domain::repository::ExpiryRepository;
use uprof::storage::{Outbox, PgExpiry, Pool, PoolSettings};

use crate::support::client::{PROFILES, id, path};
use crate::support::database::runtime;
use crate::support::routes::Route;
use crate::support::threads::concurrently;
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
const TABLES: [&str; 8] = [
    "user_profiles",
    "user_profile_before_images",
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
    let (retained, deleted) = (app.client.create(&json!({})), app.client.create(&json!({"metadata": {"plan": "pro"}})));
    let answer = app.client.delete(&path(id(&deleted))).send().ok();
    assert_eq!(answer, json!({"id": id(&deleted), "type": "user_profile_deleted"}));
    for route in Route::all().iter().filter(|route| route.names_a_profile()) {
        let answer = route.take(&app.client, id(&deleted));
        assert_eq!(answer.refused(404), "User profile not found", "{} {}", route.method, route.path);
    }
    assert_eq!(app.client.list("")["data"], json!([retained]));
}

#[test]
fn a_delete_accepts_a_content_type_without_a_body() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.client.delete(&path(id(&profile))).header("content-type", "application/json").send().ok();
}

#[test]
fn after_a_delete_no_table_holds_any_personal_data_of_the_profile() {
    let app = TestApp::with(&["--history=values"]);
    let (erased, retained) = (create(&app, "discarded"), create(&app, "retained"));
    decide(&app);
    for profile in [&erased, &retained] {
        app.client.post(&format!("{}/enrollment_url", path(id(profile)))).send().ok();
    }
    // Values that an update replaced are erased too.
    let update =
        json!({"name": "gonemarkername 2", "metadata": {"gonemarkerkey": "", "gonemarkerkey2": "gonemarkervalue2"}});
    app.client.update(id(&erased), &update);
    app.client.update(id(&retained), &json!({"name": "retainedmarkername 2"}));
    let before = app.database.dump();
    assert_eq!((holds(&before, "discarded").len(), holds(&before, "retained").len()), (6, 6), "{before}");
    assert_eq!(before.matches("1987-06-05").count(), 4);

    app.client.delete(&path(id(&erased))).send().ok();
    let after = app.database.dump();
    assert_eq!(holds(&after, "discarded"), [""; 0], "{after}");
    assert_eq!(holds(&after, "retained").len(), 6, "{after}");
    assert_eq!(after.matches("1987-06-05").count(), 2);
    for table in TABLES {
        assert_eq!(app.database.count(table), 1, "{table} holds rows of the deleted profile");
    }
}

#[test]
fn after_a_delete_the_id_and_the_times_of_creation_and_erasure_are_stored() {
    let app = TestApp::start();
    let profile = create(&app, "discarded");
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
    assert_eq!(app.database.texts(columns), ["created_at", "erased_at", "has_remains", "id", "organization_id"]);
}

#[test]
fn a_late_retry_of_a_create_does_not_create_the_deleted_profile_again() {
    let app = TestApp::start();
    let body = json!({"name": "gonemarkername"});
    let create = |body: &Value| app.client.post(PROFILES).header("idempotency-key", "k").json(body);
    let profile = create(&body).ok();
    let update =
        || app.client.post(&path(id(&profile))).header("idempotency-key", "u").json(&json!({"name": "erased"}));
    update().ok();
    app.client.delete(&path(id(&profile))).send().ok();
    assert_eq!(holds(&app.database.dump(), "discarded"), [""; 0]);

    // Also while its stored answer is left for the sweep.
    let left =
        "update idempotency_keys set answer = '{}', profile_id = (select id from erased_user_profiles) where key = 'k'";
    for is_left in [false, true] {
        if is_left {
            app.database.seed(left);
        }
        let late = create(&body);
        assert_eq!(late.refused(409), "idempotency-key: Request was done, and the user profile was deleted since");
        assert_eq!(late.header("x-should-retry"), Some("false"));
    }
    assert_eq!(create(&json!({})).refused(400), "idempotency-key: Key was used for another request");
    update().refused(404);
    assert_eq!(app.database.count("user_profiles"), 0);
}

/// Adds `count` rows of each kind that a profile may have without limit to every profile.
fn burden(app: &TestApp, count: usize) {
    app.database.seed(&format!(
        "insert into idempotency_keys (organization_id, key, fingerprint, profile_id, created_at, answer)
         select organization_id, 'burden ' || n, sha256(''), id, now(), 'gonemarkername'
           from user_profiles, generate_series(1, {count}) n;
         insert into trust_grant_decisions (
                organization_id, profile_id, grant_name, id, decided_at, status, actor,
                part_names, part_statuses, part_data_retentions, part_human_reviews)
         select organization_id, id, 'cyber', gen_random_uuid(), now(), 'rejected', 'reviewer', '{{}}', '{{}}', '{{}}', '{{}}'
           from user_profiles, generate_series(1, {count});
         insert into enforcement_actions (
                organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check,
                resolved_at, resolved_by)
         select organization_id, id, gen_random_uuid(), 'ban', 'high_harm', now(), 'reviewer', 'none', now(), 'reviewer'
           from user_profiles, generate_series(1, {count});
         insert into enrollments (organization_id, profile_id, id, token_hash, created_at, expires_at)
         select organization_id, id, gen_random_uuid(), sha256(n::text::bytea), now(), now() + interval '1 day'
           from user_profiles, generate_series(1, {count}) n;
         insert into user_profile_before_images (organization_id, profile_id, revision, name, relationship, metadata)
         select organization_id, id, n, 'gonemarkername', 'external', '{{}}'
           from user_profiles, generate_series(1, {count}) n;"
    ));
}

#[test]
fn a_delete_erases_a_bounded_number_of_rows_and_hides_the_rest_until_the_sweep() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "gonemarkername"}));
    burden(&app, 3_000);
    app.database.seed("analyze");
    app.client.delete(&path(id(&profile))).send().ok();
    let rows = || {
        let tables = ["trust_grant_decisions", "enforcement_actions", "enrollments", "user_profile_before_images"];
        let answers: i64 = app.database.row("select count(answer) from idempotency_keys").get(0);
        (answers, tables.map(|table| app.database.count(table)))
    };
    assert_eq!(rows(), (2_000, [2_000; 4]));
    for route in Route::all().iter().filter(|route| route.names_a_profile()) {
        assert_eq!(route.take(&app.client, id(&profile)).refused(404), "User profile not found");
    }

    let sweeps = purge(&app);
    assert!((2..=3).contains(&sweeps), "{sweeps}");
    assert_eq!(rows(), (0, [0; 4]));
    assert_eq!(app.database.count("idempotency_keys"), 3_000);
    assert_eq!(holds(&app.database.dump(), "discarded"), [""; 0]);
    assert_eq!(purge(&app), 0);
}

#[test]
fn a_profile_whose_rows_are_deleted_concurrently_is_erased_once() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    burden(&app, 500);
    let answers = concurrently(&[(); 8], |()| app.client.delete(&path(id(&profile))).send().status);
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 404).count(), 7, "{answers:?}");
    assert_eq!(app.database.count("enrollments"), 0);
}

/// Purges erased profiles as the background sweep does; answers in how many steps.
fn purge(app: &TestApp) -> usize {
    runtime().block_on(async {
        let pool = Pool::new(&PoolSettings::for_one(app.database.url())).unwrap();
        let expiry = PgExpiry::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default())));
        let mut steps = 0;
        while expiry.purge_erased().await.unwrap() > 0 {
            steps += 1;
        }
        pool.close().await;
        steps
    })
}

#[test]
fn a_second_delete_finds_nothing_and_changes_nothing() {
    let app = TestApp::start();
    let profile = create(&app, "discarded");
    for (shape, status) in Shape::ALL.into_iter().zip([200, 404, 404, 404]) {
        let answer = app.client.speaking(shape).delete(&path(id(&profile))).send();
        assert_eq!(answer.status, status, "{shape:?}");
    }
    assert_eq!(app.database.count("erased_user_profiles"), 1);
}

#[test]
fn a_delete_by_another_organization_erases_nothing() {
    let app = TestApp::start();
    let profile = create(&app, "retained");
    let before = app.database.dump();
    let stranger = app.client.with_key(&app.strangers_key());
    stranger.delete(&path(id(&profile))).send().refused(404);
    assert_eq!(holds(&app.database.dump(), "retained"), holds(&before, "retained"));
    assert_eq!(app.database.count("erased_user_profiles"), 0);
}

#[test]
fn a_deleted_profile_is_not_found_in_any_shape_or_list() {
    let app = TestApp::start();
    let (erased, retained) = (create(&app, "discarded"), create(&app, "retained"));
    app.client.delete(&path(id(&erased))).send().ok();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        client.get(&path(id(&erased))).send().refused(404);
        client.post(&path(id(&erased))).json(&json!({"name": "Back"})).refused(404);
        for query in ["", "order_by=name", "order_by=name&order=asc", "order=asc"] {
            let listed = client.list(query);
            let ids: Vec<_> = listed["data"].as_array().unwrap().iter().map(id).collect();
            assert_eq!(ids, [id(&retained)], "{shape:?} {query}");
        }
    }
}
