//! The history of decisions on a trust grant.

use serde_json::{Value, json};

use super::grants::{QUEUE, decide, history, say, statuses};
use crate::support::TestApp;
use crate::support::client::{id, path};
use crate::support::threads::concurrently;

#[test]
fn the_history_is_read_in_pages_and_belongs_to_one_grant() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    for _ in 0..5 {
        say(&operator, &profile, "active").ok();
    }
    decide(&operator, &profile, "bio", &json!({"status": "pending", "actor": "r"})).ok();
    let of = |name: &str, query: &str| {
        operator.get(&format!("{}/trust_grants/{name}/decisions?{query}", path(id(&profile)))).send().ok()
    };
    let all = of("cyber", "")["data"].as_array().unwrap().clone();
    assert_eq!(all.len(), 5);
    let first = of("cyber", "limit=3");
    let rest = of("cyber", &format!("limit=3&page={}", first["next_page"].as_str().unwrap()));
    assert_eq!([first["data"].as_array().unwrap().clone(), rest["data"].as_array().unwrap().clone()].concat(), all);
    assert_eq!((&rest["next_page"], of("bio", "")["data"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_eq!(of("never", "")["data"], json!([]));
    let stranger = app.client.with_key(&app.another_operators_key());
    for profile in [id(&profile), "uprof_01AAAAAAAAAAAAAAAAAAAAAA", "uprof_1"] {
        let answer = stranger.get(&format!("{}/trust_grants/cyber/decisions", path(profile))).send();
        assert_eq!(answer.refused(404), "User profile not found");
    }
    assert_eq!(stranger.get(&format!("{QUEUE}?status=active")).send().ok()["data"], json!([]));
}

#[test]
fn a_replayed_decision_is_recorded_once() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let again = || {
        let call =
            operator.post(&format!("{}/trust_grants/cyber", path(id(&profile)))).header("idempotency-key", "one");
        call.json(&json!({"status": "pending", "actor": "reviewer"}))
    };
    let (first, second) = (again().ok(), again());
    assert!(second.is_replay());
    assert_eq!(second.ok(), first);
    assert_eq!(statuses(&operator, &profile), ["pending"]);
}

#[test]
fn concurrent_decisions_are_serialized_and_none_is_lost() {
    let app = TestApp::start();
    let operator = app.operator();
    for _ in 0..10 {
        let profile = app.client.create(&json!({}));
        say(&operator, &profile, "pending").ok();
        let answers = concurrently(&["rejected", "withdrawn"], |status| say(&operator, &profile, status).status);
        // A grant that is rejected cannot be withdrawn, nor the other way round.
        assert!(answers == [200, 409] || answers == [409, 200], "{answers:?}");
        assert_eq!(statuses(&operator, &profile).len(), 2);
        let profile = app.client.create(&json!({}));
        let verdicts = ["a", "b", "c", "a"];
        let made = concurrently(&verdicts, |tier| {
            let verdict = json!({"status": "active", "actor": "r", "tiers": {*tier: {"status": "active"}}});
            decide(&operator, &profile, "cyber", &verdict).ok()
        });
        let recorded = history(&operator, &profile, "cyber");
        assert!(made.iter().all(|decision| recorded.contains(decision)) && recorded.len() == 4);
        let shown = operator.get(&format!("{QUEUE}?status=active&order=desc&limit=1")).send().ok();
        let last = recorded.iter().find(|decision| decision["id"] == shown["data"][0]["decision_id"]).unwrap();
        assert_eq!(last["tiers"], shown["data"][0]["tiers"], "the parts of one decision");
    }
}
