//! `?atomic=true`: all or nothing.

use serde_json::json;

use super::requests::{BATCH, body, create, profile, results_of, update};
use crate::support::TestApp;
use crate::support::client::id;

const ATOMIC: &str = "/v1/user_profiles/batch?atomic=true";

#[test]
fn an_atomic_batch_names_each_wrong_request_and_changes_nothing() {
    let app = TestApp::start();
    let own = app.client.create(&json!({"name": "Own"}));
    let before = app.database.dump();
    let requests = [
        create("good", json!({"name": "Good"})),
        create("no name", json!({"name": ""})),
        update("own", id(&own), json!({"name": "Changed"})),
        update("nobody", "uprof_010000000000000000000000", json!({})),
    ];
    assert_eq!(
        app.client.post(ATOMIC).json(&body(&requests)).refused(400),
        "requests.1 (custom_id `no name`): name: String should have at least 1 character; \
         requests.3 (custom_id `nobody`): User profile not found"
    );
    assert_eq!(app.database.dump(), before);
    // Its key is free again.
    for _ in 0..2 {
        let keyed = app.client.post(ATOMIC).header("idempotency-key", "k");
        keyed.json(&body(&requests)).refused(400);
    }
    assert_eq!(app.database.dump(), before);
    // The same batch, not atomic.
    let answer = app.client.post("/v1/user_profiles/batch?atomic=false").json(&body(&requests)).ok();
    assert_eq!(answer["request_counts"], json!({"succeeded": 2, "errored": 2}));
}

#[test]
fn an_atomic_batch_without_a_wrong_request_is_answered_as_any() {
    let app = TestApp::start();
    let requests = [create("a", json!({"name": "A"})), create("b", json!({}))];
    let results = results_of(&app.client.post(ATOMIC).json(&body(&requests)).ok(), &requests);
    for result in &results {
        assert_eq!(app.client.retrieve(id(profile(result))), *profile(result));
    }
}

#[test]
fn the_message_about_many_wrong_requests_is_bounded() {
    let app = TestApp::start();
    let wrong: serde_json::Value = (0..64).map(|at| ("k".repeat(64) + &at.to_string(), json!(1))).collect();
    let requests: Vec<_> = (0..1_000).map(|at| create(&format!("{at:0>64}"), json!({"metadata": wrong}))).collect();
    let refused = app.client.post(ATOMIC).json(&body(&requests));
    let message = refused.refused(400);
    assert!(message.ends_with("; and 990 more") && message.len() < 6_000, "{}", message.len());
    assert_eq!(app.database.count("user_profiles"), 0);
}

#[test]
fn an_atomic_and_another_batch_under_one_key_are_different_requests() {
    let app = TestApp::start();
    let requests = body(&[create("a", json!({}))]);
    let keyed = |path: &str| app.client.post(path).header("idempotency-key", "k").json(&requests);
    keyed(ATOMIC).ok();
    assert_eq!(keyed(BATCH).refused(400), "idempotency-key: Key was used for another request");
    assert!(keyed(ATOMIC).is_replay());
    assert_eq!(app.client.post("/v1/user_profiles/batch?atomic=yes").json(&requests).refused(400), {
        "atomic: Input should be `true` or `false`"
    });
    let misspelt = app.client.post("/v1/user_profiles/batch?atomci=true").json(&requests);
    assert_eq!(misspelt.refused(400), "atomci: Unknown parameter; the nearest known one is `atomic`");
    assert_eq!(app.database.count("user_profiles"), 1);
}
