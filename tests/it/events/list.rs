//! What happened, as the operator reads it.

use serde_json::{Value, json};
use sqlx::Row;
use uprof::domain::credential::api_key::Scope;

use crate::support::client::{id, path};
use crate::support::{Client, KeySpec, TestApp};

const EVENTS: &str = "/v1/organizations/events";

/// Speaks for the operator of the app's organization.
fn operator(app: &TestApp) -> Client {
    app.client.with_key(&app.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() }))
}

fn page(operator: &Client, query: &str) -> Value {
    operator.get(&format!("{EVENTS}?{query}")).send().ok()
}

/// The `data` of the events of all pages.
fn data(operator: &Client, query: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut answer = page(operator, query);
    loop {
        events.extend(answer["data"].as_array().unwrap().iter().map(|event| event["data"].clone()));
        let Some(next) = answer["next_page"].as_str() else { return events };
        answer = page(operator, &format!("{query}&page={next}"));
    }
}

#[test]
fn every_change_of_a_profile_is_an_event_that_names_fields_and_holds_no_value() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "markername", "external_id": "markerid"}));
    let id = id(&profile);
    app.client.update(id, &json!({"name": "markername 2", "metadata": {"markerkey": "markervalue"}}));
    app.client.update(id, &json!({"relationship": "internal"}));
    app.client.update(id, &json!({"relationship": "internal"}));
    app.client.delete(&path(id)).send().ok();
    let events = page(&operator(&app), "order=asc");
    let emitted: Vec<_> = events["data"].as_array().unwrap().iter().map(|event| event["data"].clone()).collect();
    assert_eq!(
        emitted,
        [
            json!({"type": "user_profile.created", "id": id}),
            json!({"type": "user_profile.updated", "id": id, "fields": ["metadata", "name"]}),
            json!({"type": "user_profile.updated", "id": id, "fields": ["relationship"]}),
            json!({"type": "user_profile.erased", "id": id}),
        ]
    );
    assert_eq!(events["data"][0]["created_at"], profile["created_at"]);
    assert_eq!(events["next_page"], Value::Null);
    assert!(!app.database.dump().contains("marker"), "an event holds a value");
}

#[test]
fn a_refused_request_emits_no_event() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.client.post(&path(id(&profile))).json(&json!({"name": ""})).refused(400);
    app.client.post(&path(id(&profile))).json(&json!({"relationship": "resold"})).refused(400);
    app.client.delete(&path("uprof_01AAAAAAAAAAAAAAAAAAAAAA")).send().refused(404);
    assert_eq!(app.database.count("events"), 1);
}

#[test]
fn events_are_found_by_profile_kind_and_time() {
    let app = TestApp::start();
    let operator = operator(&app);
    let (one, other) = (app.client.create(&json!({})), app.client.create(&json!({})));
    app.client.update(id(&one), &json!({"name": "Example"}));
    app.client.delete(&path(id(&other))).send().ok();
    let kinds = |query: &str| -> Vec<_> {
        let found = data(&operator, &format!("order=asc&limit=1&{query}"));
        found.iter().map(|event| event["type"].as_str().unwrap()["user_profile.".len()..].to_owned()).collect()
    };
    assert_eq!(kinds(""), ["created", "created", "updated", "erased"]);
    assert_eq!(kinds(&format!("user_profile_id={}", id(&other))), ["created", "erased"]);
    assert_eq!(kinds("type=user_profile.erased"), ["erased"]);
    assert_eq!(kinds("type[]=user_profile.erased&type[]=user_profile.updated"), ["updated", "erased"]);
    assert_eq!(kinds(&format!("type=user_profile.created&user_profile_id={}", id(&one))), ["created"]);
    let event = &page(&operator, "type=user_profile.updated")["data"][0];
    let at = event["created_at"].as_str().unwrap();
    assert_eq!(kinds(&format!("starting_at={at}")), ["updated", "erased"]);
    assert_eq!(kinds(&format!("ending_at={at}")), ["created", "created"]);
    assert_eq!(kinds(&format!("starting_at={at}&ending_at={at}")), [""; 0]);
}

#[test]
fn pages_follow_each_other_in_both_directions_whatever_happens_between_them() {
    let app = TestApp::start();
    let operator = operator(&app);
    let profiles: Vec<_> = (0..7).map(|_| app.client.create(&json!({}))).collect();
    let ids = |order: &str| -> Vec<_> {
        data(&operator, &format!("order={order}&limit=3")).iter().map(|event| event["id"].clone()).collect()
    };
    let mut expected: Vec<_> = profiles.iter().map(|profile| profile["id"].clone()).collect();
    assert_eq!(ids("asc"), expected);
    expected.reverse();
    assert_eq!(ids("desc"), expected);
    let first = page(&operator, "limit=3");
    app.client.create(&json!({}));
    let next = first["next_page"].as_str().unwrap();
    assert_eq!(page(&operator, &format!("limit=3&page={next}"))["data"][0]["data"]["id"], expected[3]);
}

#[test]
fn a_rare_kind_is_found_without_reading_all_events() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    app.database.seed(
        "insert into events (organization_id, id, created_at, kind, profile_id)
         select organization_id, lpad(to_hex(n), 32, '0')::uuid, now(), 'user_profile.created', profile_id
           from events, generate_series(1, 5000) n",
    );
    app.client.delete(&path(id(&profile))).send().ok();
    let operator = operator(&app);
    let found = page(&operator, "order=asc&type=user_profile.erased");
    assert_eq!((found["data"].as_array().unwrap().len(), &found["next_page"]), (1, &Value::Null));
    // Of a kind that is not, a request reads a bounded number, and says where to go on.
    let first = page(&operator, "order=asc&type=user_profile.updated");
    assert_eq!((first["data"].as_array().unwrap().len(), first["next_page"].is_string()), (0, true));
    assert_eq!(data(&operator, "order=asc&type=user_profile.updated"), [Value::Null; 0]);
}

#[test]
fn all_violations_of_the_parameters_are_in_one_answer() {
    let app = TestApp::start();
    let operator = operator(&app);
    let query = "limit=0&order=up&type=user_profile.unknown&user_profile_id=org_1&starting_at=2026-03-15&page=x";
    let answer = operator.get(&format!("{EVENTS}?{query}")).send();
    let message = answer.refused(400);
    for field in ["limit: ", "order: ", "type: ", "user_profile_id: ", "starting_at: ", "page: Invalid cursor"] {
        assert!(message.contains(field), "{field} in {message}");
    }
    let cursor = {
        app.client.create(&json!({}));
        app.client.create(&json!({}));
        page(&operator, "limit=1")["next_page"].as_str().unwrap().to_owned()
    };
    let refusal = operator.get(&format!("{EVENTS}?order=asc&page={cursor}")).send();
    assert_eq!(refusal.refused(400), "page: Cursor belongs to a list in another order");
    // A cursor of another list is none of this.
    let profiles = app.client.list("limit=1")["next_page"].as_str().unwrap().to_owned();
    assert_eq!(operator.get(&format!("{EVENTS}?page={profiles}")).send().refused(400), "page: Invalid cursor");
}

#[test]
fn events_of_another_organization_are_not_listed() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let spec = KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() };
    let stranger = app.client.with_key(&app.accounts.key(app.another_organization(), spec));
    assert_eq!(page(&stranger, "")["data"], json!([]));
    assert_eq!(page(&stranger, &format!("user_profile_id={}", id(&profile)))["data"], json!([]));
}

#[test]
fn an_event_is_stored_exactly_if_its_change_is() {
    let app = TestApp::start();
    // No event, no profile: both are one transaction.
    app.database.execute("alter table events add constraint events_none check (kind <> 'user_profile.created')");
    app.client.post("/v1/user_profiles").json(&json!({"name": "Example"})).refused(500);
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (0, 0));
    app.database.execute("alter table events drop constraint events_none");
    let profile = app.client.create(&json!({}));
    app.database.execute("alter table events add constraint events_one check (kind = 'user_profile.created')");
    app.client.post(&path(id(&profile))).json(&json!({"name": "Example"})).refused(500);
    app.client.delete(&path(id(&profile))).send().refused(500);
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    let kinds = app.database.row("select array_agg(kind) from events").get::<Vec<String>, _>(0);
    assert_eq!(kinds, ["user_profile.created"]);
}
