//! What a batch does, and what it answers.

use serde_json::{Value, json};
use sqlx::Row;

use super::requests::{BATCH, create, profile, results, send, update};
use crate::support::client::{PROFILES, id, path};
use crate::support::{Shape, TestApp};

#[test]
fn creates_and_updates_are_done_in_every_shape_and_answered_in_their_order() {
    let app = TestApp::start();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        let before = client.create(&json!({"name": "Before", "metadata": {"retained": "yes"}}));
        let named = |name: &str| json!({"name": name, "metadata": {"plan": "pro"}});
        let requests = [create("b", named("One")), update("a", id(&before), named("After")), create("é", json!({}))];
        let results = results(&client, &requests);
        let [one, after, empty] = [0, 1, 2].map(|at| profile(&results[at]));
        for shown in [one, after, empty] {
            assert_eq!(Shape::of(shown), shape);
            assert_eq!(client.retrieve(id(shown)), *shown);
        }
        assert_eq!((&one["name"], &one["metadata"]), (&json!("One"), &json!({"plan": "pro"})));
        assert_eq!(after["id"], before["id"]);
        assert_eq!((&after["name"], &after["metadata"]), (&json!("After"), &json!({"plan": "pro", "retained": "yes"})));
        // Creation keeps the order of the requests.
        assert!(id(one) < id(empty));
    }
}

#[test]
fn a_request_that_is_wrong_fails_alone_with_the_error_of_the_single_request() {
    let app = TestApp::with(&["--max-body-bytes=5000"]);
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        let own = client.create(&json!({"name": "Own", "metadata": {"k0": "v"}}));
        let strangers = client.with_key(&app.strangers_key()).create(&json!({"name": "Other"}));
        let pairs: Value = (1..17).map(|at| (format!("k{at}"), "v".to_owned())).collect();
        let wrong = [
            (PROFILES.to_owned(), json!({"name": ""})),
            (PROFILES.to_owned(), json!({"name": 1, "metadata": {"plan": null}, "extra": []})),
            (PROFILES.to_owned(), json!({"name": "a\u{0}b"})),
            (PROFILES.to_owned(), json!([])),
            (PROFILES.to_owned(), json!(null)),
            (PROFILES.to_owned(), json!({"relationship": "resold", "access_type": "application"})),
            (PROFILES.to_owned(), json!({"external_user_details": {"country": "nz"}})),
            (PROFILES.to_owned(), json!({"name": "x".repeat(5_000)})),
            (path(id(&own)), json!({"metadata": pairs})),
            (path(id(&own)), json!({"name": "x".repeat(256)})),
            (path(id(&strangers)), json!({"name": "Taken"})),
            (path("uprof_010000000000000000000000"), json!({})),
            (path("nonsense"), json!({"name": ""})),
        ];
        let mut requests = vec![create("first", json!({"name": "First"}))];
        for (at, (path, params)) in wrong.iter().enumerate() {
            requests.push(match path.strip_prefix(&format!("{PROFILES}/")) {
                Some(id) => update(&at.to_string(), id, params.clone()),
                None => create(&at.to_string(), params.clone()),
            });
        }
        requests.push(update("last", id(&own), json!({"name": "Last"})));
        let stored = app.database.count("user_profiles");
        let results = results(&client, &requests);
        for ((path, params), result) in wrong.iter().zip(&results[1..]) {
            let single = client.post(path).json(params).body;
            let expected = json!({"type": single["error"]["type"], "message": single["error"]["message"]});
            assert_eq!(result["error"], expected, "{shape:?} {path} {params:.100}");
        }
        assert_eq!(profile(&results[0])["name"], "First");
        let last = profile(results.last().unwrap());
        assert_eq!((&last["name"], &last["metadata"]), (&json!("Last"), &json!({"k0": "v"})));
        assert_eq!(app.database.count("user_profiles"), stored + 1);
    }
}

#[test]
fn updates_of_one_profile_are_applied_one_after_the_other() {
    let app = TestApp::start();
    let own = app.client.create(&json!({"name": "Zero"}));
    // More than are written with one statement.
    let requests: Vec<_> = (0..120)
        .map(|at| {
            let params = json!({"name": format!("Name {at}"), "metadata": {format!("k{}", at % 16): at.to_string()}});
            update(&at.to_string(), id(&own), params)
        })
        .collect();
    let results = results(&app.client, &requests);
    for (at, result) in results.iter().enumerate() {
        let shown = profile(result);
        assert_eq!(shown["name"], format!("Name {at}"));
        assert_eq!(shown["metadata"].as_object().unwrap().len(), (at + 1).min(16));
    }
    assert_eq!(app.client.retrieve(id(&own)), *profile(&results[119]));
    assert_eq!(app.database.count("events where kind = 'user_profile.updated'"), 120);
    assert_eq!(app.client.get(&path(id(&own))).send().header("etag"), Some("\"121-2026-03-24\""));
}

#[test]
fn history_and_revisions_are_those_of_single_requests() {
    let app = TestApp::with(&["--history=values"]);
    let operator = app.operator();
    let history = |id: &str| {
        let page = operator.get(&format!("{}/history", path(id))).send().ok();
        let entries = page["data"].as_array().unwrap().clone();
        let strip = |mut entry: Value| {
            (entry["created_at"], entry["event"]["id"]) = (Value::Null, Value::Null);
            entry
        };
        entries.into_iter().map(strip).collect::<Vec<_>>()
    };
    let steps = [json!({"name": "B"}), json!({}), json!({"metadata": {"plan": "pro"}}), json!({"name": null})];
    let single = app.client.create(&json!({"name": "A"}));
    for step in &steps {
        app.client.update(id(&single), step);
    }
    let created = results(&app.client, &[create("a", json!({"name": "A"}))]);
    let batched = id(profile(&created[0])).to_owned();
    let updates: Vec<_> =
        steps.iter().enumerate().map(|(at, step)| update(&at.to_string(), &batched, step.clone())).collect();
    results(&app.client, &updates);
    assert_eq!(history(&batched), history(id(&single)));
    assert_eq!(history(&batched).len(), 4);
    let after = app.client.get(&path(&batched)).send();
    assert_eq!(after.header("etag"), Some("\"4-2026-03-24\""));
    assert_eq!(after.ok()["name"], Value::Null);
}

#[test]
fn a_batch_of_a_thousand_is_stored_with_its_events() {
    let app = TestApp::start();
    let requests: Vec<_> =
        (0..1_000).map(|at| create(&at.to_string(), json!({"external_id": format!("user {at}")}))).collect();
    let results = results(&app.client, &requests);
    for (at, result) in results.iter().enumerate() {
        assert_eq!(profile(result)["external_id"], format!("user {at}"));
    }
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (1_000, 1_000));
    let actors = app.database.row("select count(distinct actor_api_key_id) from events").get::<i64, _>(0);
    assert_eq!(actors, 1);
}

#[test]
fn a_row_that_the_database_refuses_fails_alone() {
    let app = TestApp::start();
    let [own, another] = [(); 2].map(|()| app.client.create(&json!({"name": "Own"})));
    app.database.execute("alter table user_profiles add constraint no_bad_name check (name <> 'Bad')");
    let mut requests: Vec<_> = (0..60).map(|at| create(&at.to_string(), json!({"name": "Good"}))).collect();
    requests[41]["params"]["name"] = json!("Bad");
    requests.push(update("u", id(&own), json!({"name": "Bad"})));
    requests.push(update("v", id(&another), json!({"name": "Better"})));
    let results = results(&app.client, &requests);
    let error = json!({"type": "api_error", "message": "Internal server error"});
    for (at, result) in results.iter().enumerate() {
        if at == 41 || at == 60 {
            assert_eq!(result["error"], error, "{at}");
        } else {
            profile(result);
        }
    }
    assert_eq!(app.client.retrieve(id(&own)), own);
    assert_eq!(app.client.retrieve(id(&another))["name"], "Better");
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (2 + 59, 2 + 59 + 1));
}

#[test]
fn without_the_scope_nothing_is_done() {
    use crate::support::KeySpec;
    use uprof::domain::credential::api_key::Scope;

    let app = TestApp::start();
    let key = app.another_key(KeySpec { scopes: vec![Scope::ProfilesRead], ..KeySpec::default() });
    let reader = app.client.with_key(&key);
    let refused = send(&reader, &[create("a", json!({}))]);
    assert_eq!(refused.refused(403), "API key lacks the scope `profiles:write`");
    // The path is one of its own, not that of a profile.
    assert_eq!(app.client.get(BATCH).send().header("allow"), Some("POST"));
    assert_eq!(app.database.count("user_profiles"), 0);
}
