//! The history of a profile: each change once, newest first, and on request the values before updates.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::support::client::{id, path};
use crate::support::page::Page;
use crate::support::{Client, Shape, TestApp};

/// One page.
#[track_caller]
fn page(operator: &Client, profile: &Value, query: &str) -> Value {
    operator.get(&format!("{}/history?{query}", path(id(profile)))).send().ok()
}

/// All revisions, in pages of `limit`.
fn revisions(operator: &Client, profile: &Value, limit: usize) -> Vec<Value> {
    let mut all = Vec::new();
    let mut query = format!("limit={limit}");
    loop {
        let page = page(operator, profile, &query);
        let data = page["data"].as_array().unwrap();
        all.extend_from_slice(data);
        let Some(next) = page["next_page"].as_str() else { return all };
        assert_eq!(data.len(), limit);
        query = format!("limit={limit}&page={next}");
    }
}

fn numbers(revisions: &[Value]) -> Vec<i64> {
    revisions.iter().map(|revision| revision["revision"].as_i64().unwrap()).collect()
}

/// Makes changes of every kind; answers their number with the creation.
fn change_everything(app: &TestApp, operator: &Client, profile: &Value) -> i64 {
    let path = path(id(profile));
    app.client.update(id(profile), &json!({"name": "After", "metadata": {"plan": "pro"}}));
    Page::submit(&app.link(id(profile)));
    let grant = format!("{path}/trust_grants/cyber");
    for status in ["rejected", "active", "withdrawn"] {
        operator.post(&grant).json(&json!({"status": status, "actor": "reviewer"})).ok();
    }
    let opening = json!({"type": "restriction", "reason": "unspecified", "action": "verify", "actor": "opener"});
    let action = operator.post(&format!("{path}/enforcement_actions")).json(&opening).ok();
    for step in [json!({"transition": "check_submitted"}), json!({"transition": "resolved", "actor": "resolver"})] {
        operator.post(&format!("{path}/enforcement_actions/{}", id(&action))).json(&step).ok();
    }
    9
}

#[test]
fn every_change_is_in_the_history_once_with_its_revision_event_and_author_newest_first() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({"name": "Before"}));
    let count = change_everything(&app, &operator, &profile);
    // Changes nothing.
    app.client.update(id(&profile), &json!({"name": "After"}));
    let other = app.client.create(&json!({}));

    let found = revisions(&operator, &profile, 100);
    assert_eq!(numbers(&found), (1..=count).rev().collect::<Vec<_>>());
    let told = |revision: &Value| {
        let kind = revision["event"]["type"].as_str().unwrap().trim_start_matches("user_profile.").to_owned();
        (kind, revision["actor"].clone(), revision["api_key_id"].is_string(), revision["fields"].clone())
    };
    let none = json!([]);
    let expected = [
        ("enforcement_action_resolved", json!("resolver"), false, none.clone()),
        ("enforcement_action_updated", Value::Null, false, none.clone()),
        ("enforcement_action_opened", json!("opener"), false, none.clone()),
        ("program_status_updated", json!("reviewer"), false, none.clone()),
        ("program_status_updated", json!("reviewer"), false, none.clone()),
        ("program_status_updated", json!("reviewer"), false, none.clone()),
        ("program_status_updated", json!("entity"), false, none.clone()),
        ("updated", Value::Null, true, json!(["metadata", "name"])),
        ("created", Value::Null, true, none),
    ];
    let expected = expected.map(|(kind, actor, has_key, fields)| (kind.to_owned(), actor, has_key, fields));
    assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(found[8]["api_key_id"], found[7]["api_key_id"]);

    let events = operator.get(&format!("/v1/organizations/events?user_profile_id={}", id(&profile))).send().ok();
    let of_event = |event: &Value| (event["id"].clone(), event["data"]["type"].clone(), event["created_at"].clone());
    let of_revision =
        |one: &Value| (one["event"]["id"].clone(), one["event"]["type"].clone(), one["created_at"].clone());
    let events: Vec<_> = events["data"].as_array().unwrap().iter().map(of_event).collect();
    assert_eq!(found.iter().map(of_revision).collect::<Vec<_>>(), events);
    assert_eq!(numbers(&revisions(&operator, &other, 100)), [1]);
    let revision = app.client.get(&path(id(&profile))).send().header("etag").unwrap().to_owned();
    assert_eq!(revision, format!("\"{count}-2026-03-24\""));
}

#[test]
fn an_expiry_is_in_the_history() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let grant = format!("{}/trust_grants/cyber", path(id(&profile)));
    operator.post(&grant).json(&json!({"status": "active", "actor": "reviewer"})).ok();
    app.database.seed("update trust_grants set expires_at = now() - interval '1 second'");
    // A decision records the expiry before itself.
    operator.post(&grant).json(&json!({"status": "pending", "actor": "reviewer"})).ok();
    let found = revisions(&operator, &profile, 100);
    assert_eq!(numbers(&found), [4, 3, 2, 1]);
    assert_eq!((&found[0]["actor"], &found[1]["actor"]), (&json!("reviewer"), &json!("expiry")));
}

#[test]
fn pages_show_each_revision_once_whatever_the_order_of_the_ids() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    for number in 0..12 {
        app.client.update(id(&profile), &json!({"metadata": {"number": number.to_string()}}));
    }
    let expected: Vec<_> = (1..=13).rev().collect();
    let check = || {
        for limit in [1, 2, 5, 12, 13, 14, 100] {
            assert_eq!(numbers(&revisions(&operator, &profile, limit)), expected, "{limit}");
        }
    };
    check();
    // Made by replicas whose clocks differ.
    app.database.seed("update events set id = (lpad(to_hex(revision * 7 % 13), 8, '0') || '-0000-7000-8000-000000000000')::uuid where revision is not null");
    check();
}

#[test]
fn changes_of_earlier_releases_are_not_in_the_history() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    for number in 0..4 {
        app.client.update(id(&profile), &json!({"metadata": {"number": number.to_string()}}));
    }
    app.database.seed("update events set revision = null, actor_api_key_id = null where revision < 4");
    for limit in [1, 2, 3] {
        assert_eq!(numbers(&revisions(&operator, &profile, limit)), [5, 4]);
    }
    app.database.seed("update events set revision = null where revision = 5");
    assert_eq!(numbers(&revisions(&operator, &profile, 20)), [4]);
}

#[test]
fn a_cursor_belongs_to_the_history_of_one_profile() {
    let app = TestApp::start();
    let operator = app.operator();
    let [profile, other] = [(); 2].map(|()| {
        let profile = app.client.create(&json!({}));
        app.client.update(id(&profile), &json!({"name": "After"}));
        profile
    });
    let cursor = page(&operator, &profile, "limit=1")["next_page"].as_str().unwrap().to_owned();
    let at = |profile: &Value, query: &str| operator.get(&format!("{}/history?{query}", path(id(profile)))).send();
    assert_eq!(at(&other, &format!("page={cursor}")).refused(400), "page: Invalid cursor");
    let foreign =
        operator.get("/v1/organizations/events?limit=1").send().ok()["next_page"].as_str().unwrap().to_owned();
    assert_eq!(at(&profile, &format!("page={foreign}")).refused(400), "page: Invalid cursor");
    for query in ["limit=0", "limit=101", "page="] {
        at(&profile, query).refused(400);
    }
    assert_eq!(page(&operator, &profile, &format!("page={cursor}"))["data"][0]["revision"], 1);
}

#[test]
fn nobody_else_reads_the_history() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let history = format!("{}/history", path(id(&profile)));
    let stranger = app.client.with_key(&app.another_operators_key());
    assert_eq!(stranger.get(&history).send().refused(404), "User profile not found");
    let operator = app.operator();
    app.client.delete(&path(id(&profile))).send().ok();
    assert_eq!(operator.get(&history).send().refused(404), "User profile not found");
}

#[test]
fn values_before_an_update_have_the_shape_of_the_request() {
    let app = TestApp::with(&["--history=values"]);
    let operator = app.operator();
    let ga = app.client.speaking(Shape::Ga);
    let details = json!({"reference_id": "old", "country": "NZ", "onboarded_at": "2020-01-02T03:04:05Z"});
    let metadata = json!({"a\"b\\c": "{,} \"x\" \\", "null": "NULL", "ключ": "значение"});
    let profile = ga.create(&json!({
        "name": "Before", "access_type": "passthrough", "external_user_details": details, "metadata": metadata,
    }));
    ga.update(
        id(&profile),
        &json!({
            "name": "After", "access_type": "application", "metadata": {"null": ""},
            "external_user_details": {"reference_id": "new", "country": "DE", "onboarded_at": "2021-01-02T03:04:05Z"},
        }),
    );
    let expected = |shape| match shape {
        Shape::V1 => json!({"name": "Before", "relationship": "resold", "external_id": "old", "metadata": metadata}),
        Shape::V2 => json!({
            "name": "Before", "access_type": "passthrough", "external_id": "old", "metadata": metadata,
            "external_user_onboarded_at": "2020-01-02T03:04:05Z",
        }),
        Shape::V3 | Shape::Ga => json!({
            "name": "Before", "access_type": "passthrough", "external_user_details": details, "metadata": metadata,
        }),
    };
    for shape in Shape::ALL {
        let found = revisions(&operator.speaking(shape), &profile, 10);
        assert_eq!(found[0]["before"], expected(shape), "{shape:?}");
        assert_eq!(found[1]["before"], Value::Null);
    }
}

#[test]
fn without_the_setting_no_value_is_stored() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    app.client.update(id(&profile), &json!({"name": "After"}));
    assert_eq!(revisions(&app.operator(), &profile, 10)[0]["before"], Value::Null);
    assert_eq!(app.database.count("user_profile_before_images"), 0);
    assert!(!app.database.dump().contains("Before"));
}

#[test]
fn values_are_erased_with_the_profile() {
    let app = TestApp::with(&["--history=values"]);
    let [erased, retained] = ["Erased", "Retained"].map(|name| {
        let profile = app.client.create(&json!({"name": name}));
        app.client.update(id(&profile), &json!({"name": "After"}));
        profile
    });
    assert_eq!(app.database.count("user_profile_before_images"), 2);
    app.client.delete(&path(id(&erased))).send().ok();
    assert_eq!(app.database.count("user_profile_before_images"), 1);
    assert!(!app.database.dump().contains("Erased"));
    assert_eq!(revisions(&app.operator(), &retained, 10)[0]["before"], json!({"name": "Retained"}));
}

/// Puts the values `before` an update back into the profile.
fn restore(profile: &mut Value, before: &Value) {
    for (field, value) in before.as_object().unwrap() {
        profile[field] = value.clone();
    }
}

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]
    #[test]
    fn putting_the_values_back_from_the_newest_to_the_oldest_gives_the_created_profile(
        updates in vec((prop::option::of("[a-c]"), btree_map("[a-d]", "[x-z]?", 0..4)), 1..8),
    ) {
        let app = TestApp::with(&["--history=values"]);
        let created = app.client.create(&json!({"name": "a", "metadata": {"a": "x"}}));
        for (name, metadata) in updates {
            app.client.update(id(&created), &json!({"name": name, "metadata": metadata}));
        }
        let mut profile = app.client.retrieve(id(&created));
        for revision in revisions(&app.operator(), &created, 3) {
            if revision["before"].is_object() {
                restore(&mut profile, &revision["before"]);
            }
        }
        profile["updated_at"] = created["updated_at"].clone();
        prop_assert_eq!(profile, created);
    }
}
