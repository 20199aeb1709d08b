//! What an export holds, and its parameters.

use serde_json::{Value, json};

use super::streams::seed;
use crate::support::client::{EXPORT, id};
use crate::support::{KeySpec, Shape, TestApp};

/// The profiles of an export and its trailer.
fn export(app: &TestApp, shape: Shape, query: &str) -> (Vec<Value>, Value) {
    let client = app.client.speaking(shape);
    let answer = client.get(&format!("{EXPORT}?{query}")).send();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut lines = answer.ok().as_array().unwrap().clone();
    let trailer = lines.pop().unwrap();
    assert_eq!((&trailer["type"], &trailer["count"]), (&json!("export_trailer"), &json!(lines.len())));
    (lines, trailer)
}

fn all(app: &TestApp, shape: Shape, query: &str) -> Vec<Value> {
    let (lines, trailer) = export(app, shape, query);
    assert_eq!(trailer["next_page"], Value::Null);
    lines
}

fn refusal(app: &TestApp, shape: Shape, query: &str) -> String {
    app.client.speaking(shape).get(&format!("{EXPORT}?{query}")).send().refused(400).to_owned()
}

#[test]
fn every_profile_is_exported_once_oldest_first_in_the_shape_of_the_request() {
    let app = TestApp::start();
    // Several pages.
    seed(&app, 1_300, 1);
    app.client.create(&json!({"name": "Last", "relationship": "resold", "metadata": {"a": "b"}}));
    for shape in Shape::ALL {
        let lines = all(&app, shape, "");
        assert_eq!(lines.len(), 1_301);
        let listed = app.client.speaking(shape).pages("order=asc&limit=100").concat();
        assert_eq!(lines.iter().map(id).collect::<Vec<_>>(), listed.iter().map(id).collect::<Vec<_>>());
        for number in [0, 700, 1_300] {
            assert_eq!(Shape::of(&lines[number]), shape);
            assert_eq!(lines[number], app.client.speaking(shape).retrieve(id(&lines[number])));
        }
    }
}

#[test]
fn an_export_of_nothing_is_a_trailer() {
    let app = TestApp::start();
    assert_eq!(all(&app, Shape::Ga, ""), [json!(null); 0]);
}

#[test]
fn the_filters_of_the_list_are_those_of_an_export() {
    let app = TestApp::start();
    for number in 0..12 {
        let plan = if number % 3 == 0 { "free" } else { "pro" };
        let external_id = format!("user_{}", number % 4);
        app.client.create(
            &json!({"name": format!("Number {number}"), "external_id": external_id, "metadata": {"plan": plan}}),
        );
    }
    for filter in [
        "metadata[plan]=pro",
        "metadata[plan]=pro&metadata[plan]=free",
        "external_id=user_1&external_id=user_2",
        "external_id=user_1&metadata[plan]=pro",
        "name[prefix]=number%201",
        "relationship=resold",
        "created_at[gt]=2020-01-01T00:00:00Z",
    ] {
        let listed = app.client.pages(&format!("order=asc&limit=100&{filter}")).concat();
        assert_eq!(all(&app, Shape::V1, filter), listed, "{filter}");
    }
    let unrestricted = all(&app, Shape::Ga, "enforcement_status[]=unrestricted");
    assert_eq!(unrestricted.len(), 12);
    assert_eq!(all(&app, Shape::Ga, "enforcement_status=banned"), [json!(null); 0]);
}

#[test]
fn an_export_with_a_limit_goes_on_at_its_next_page_or_after_its_last_id() {
    let app = TestApp::start();
    seed(&app, 250, 1);
    let expected = all(&app, Shape::V1, "");
    for limit in [1, 100, 101, 249] {
        let (first, trailer) = export(&app, Shape::V1, &format!("limit={limit}"));
        assert_eq!(first, expected[..limit]);
        let cursor = trailer["next_page"].as_str().unwrap();
        assert_eq!(all(&app, Shape::V1, &format!("page={cursor}")), expected[limit..]);
        assert_eq!(all(&app, Shape::V1, &format!("after_id={}", id(first.last().unwrap()))), expected[limit..]);
    }
    for limit in [250, 251, 1_000_000_000_000_u64] {
        assert_eq!(all(&app, Shape::V1, &format!("limit={limit}")), expected);
    }
    // The position need not exist.
    app.client.delete(&format!("/v1/user_profiles/{}", id(&expected[9]))).send().ok();
    assert_eq!(all(&app, Shape::V1, &format!("after_id={}", id(&expected[9]))), expected[10..]);
    // A cursor of the list in the same order fits too.
    let page = app.client.list("order=asc&limit=5");
    assert_eq!(all(&app, Shape::V1, &format!("page={}", page["next_page"].as_str().unwrap()))[0], expected[5]);
}

#[test]
fn what_is_wrong_with_a_query_is_refused_before_anything_is_exported() {
    let app = TestApp::start();
    app.client.create(&json!({}));
    app.client.create(&json!({}));
    let (_, trailer) = export(&app, Shape::V1, "limit=1&created_at[gt]=2020-01-01T00:00:00Z");
    let cursor = trailer["next_page"].as_str().unwrap();
    for (query, message) in [
        ("format=xml", "format: Input should be one of `ndjson`, `csv`"),
        ("limit=0", "limit: Input should be an integer between 1 and 9007199254740991"),
        ("limit=-1", "limit: Input should be an integer between 1 and 9007199254740991"),
        ("limit=9007199254740992", "limit: Input should be an integer between 1 and 9007199254740991"),
        ("limit=many", "limit: Input should be an integer between 1 and 9007199254740991"),
        ("order=desc", "order: An export has one order: oldest first"),
        ("order_by=name", "order_by: An export has one order: oldest first"),
        ("page=x", "page: Invalid cursor"),
        (&format!("page={cursor}"), "page: Cursor belongs to a list with other filters"),
        ("after_id=x", "after_id: Input should be an id that starts with `uprof_`"),
        ("metadata=x", "metadata: Unknown parameter; the nearest known one is `metadata[KEY]`"),
        ("enforcement_status=banned", "enforcement_status: not accepted under user-profiles-2026-03-24"),
    ] {
        assert_eq!(refusal(&app, Shape::V1, query), message, "{query}");
    }
    let profile = app.client.create(&json!({}));
    let both = format!("created_at[gt]=2020-01-01T00:00:00Z&page={cursor}&after_id={}", id(&profile));
    assert_eq!(refusal(&app, Shape::V1, &both), "after_id: Parameter excludes `page`");
    assert_eq!(
        refusal(&app, Shape::Ga, "external_id=x"),
        "external_id: not accepted under the generally available version"
    );
    // As on the list, unknown plain parameters are ignored.
    assert_eq!(all(&app, Shape::V1, "beta=true&unknown=1").len(), 3);
}

#[test]
fn an_export_shows_the_profiles_of_its_organization_only() {
    let app = TestApp::start();
    let mine = app.client.create(&json!({"name": "Mine"}));
    let stranger = app.client.with_key(&app.strangers_key());
    stranger.create(&json!({"name": "Theirs"}));
    assert_eq!(all(&app, Shape::V1, ""), [mine]);
    let reader = app.another_key(KeySpec { scopes: Vec::new(), ..KeySpec::default() });
    app.client.with_key(&reader).get(EXPORT).send().refused(403);
}
