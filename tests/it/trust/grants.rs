//! Trust grants over HTTP: decisions, and the list of pending grants.

use serde_json::{Value, json};

use crate::support::client::{id, path};
use crate::support::{Answer, Client, Shape, TestApp};

pub(super) const QUEUE: &str = "/v1/organizations/trust_grants";

pub(super) fn decide(operator: &Client, profile: &Value, name: &str, verdict: &Value) -> Answer {
    operator.post(&format!("{}/trust_grants/{name}", path(id(profile)))).json(verdict)
}

/// Decides with nothing but a status.
pub(super) fn say(operator: &Client, profile: &Value, status: &str) -> Answer {
    decide(operator, profile, "cyber", &json!({"status": status, "actor": "reviewer"}))
}

pub(super) fn history(operator: &Client, profile: &Value, name: &str) -> Vec<Value> {
    let page = operator.get(&format!("{}/trust_grants/{name}/decisions?order=asc", path(id(profile)))).send().ok();
    page["data"].as_array().unwrap().clone()
}

/// The statuses of the history.
pub(super) fn statuses(operator: &Client, profile: &Value) -> Vec<String> {
    let text = |decision: &Value| decision["status"].as_str().unwrap().to_owned();
    history(operator, profile, "cyber").iter().map(text).collect()
}

/// The name and status of grants, by their events.
fn events(app: &TestApp) -> Vec<String> {
    app.database.texts(
        "select grant_name || ' ' || coalesce(grant_status, 'none')
           from (select * from events where grant_name is not null order by id) e",
    )
}

#[test]
fn a_decision_shows_in_every_shape_is_recorded_and_emits_an_event() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({"name": "Example"}));
    let mut updated_at = profile["updated_at"].as_str().unwrap().to_owned();
    let decided = ["pending", "rejected", "pending", "active", "active", "withdrawn", "active"];
    for (index, status) in decided.into_iter().enumerate() {
        let decision = say(&operator, &profile, status).ok();
        assert_eq!(
            (&decision["status"], &decision["actor"], &decision["reason"]),
            (&json!(status), &json!("reviewer"), &Value::Null)
        );
        for shape in Shape::ALL {
            let client = app.client.speaking(shape);
            for shown in [client.retrieve(id(&profile)), client.list("")["data"][0].clone()] {
                let found = if shape.has_programs() {
                    shown["programs"]["cyber"]["status"].clone()
                } else {
                    shown["trust_grants"]["cyber"]["status"].clone()
                };
                assert_eq!(found, if status == "withdrawn" { Value::Null } else { json!(status) }, "{shape:?}");
            }
        }
        let after = app.client.retrieve(id(&profile))["updated_at"].as_str().unwrap().to_owned();
        assert!(after > updated_at, "a decision moves updated_at");
        updated_at = after;
        assert_eq!(history(&operator, &profile, "cyber")[index], decision);
    }
    assert_eq!(statuses(&operator, &profile), decided);
    let expected = decided.map(|status| format!("cyber {}", if status == "withdrawn" { "none" } else { status }));
    assert_eq!(events(&app), expected);
}

#[test]
fn a_forbidden_transition_of_a_grant_is_a_conflict_that_changes_nothing() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let nothing = "neither decided nor asked for";
    let table: [(&str, &[(&str, &str)]); 4] = [
        ("", &[("rejected", nothing), ("withdrawn", nothing)]),
        ("pending", &[("pending", "pending")]),
        ("rejected", &[("rejected", "rejected"), ("withdrawn", "rejected")]),
        ("active", &[("pending", "active"), ("rejected", "active")]),
    ];
    for (state, refused) in table {
        if !state.is_empty() {
            say(&operator, &profile, state).ok();
        }
        let (before, recorded) = (app.client.retrieve(id(&profile)), history(&operator, &profile, "cyber"));
        for (status, is) in refused {
            let answer = say(&operator, &profile, status);
            let becomes = if *status == "pending" { "asked for" } else { status };
            assert_eq!(answer.refused(409), format!("status: A grant that is {is} cannot be {becomes}"));
            assert_eq!(answer.header("x-should-retry"), Some("false"));
        }
        assert_eq!(app.client.retrieve(id(&profile)), before);
        assert_eq!(history(&operator, &profile, "cyber"), recorded);
    }
    assert_eq!(events(&app).len(), 3);
}

#[test]
fn tiers_and_features_are_those_of_the_last_decision() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let tiers = json!({
        "a": {"status": "active", "requirements": {"data_retention": true, "human_review": false}},
        "c": {"status": "inactive", "requirements": {"data_retention": true, "human_review": true}},
    });
    let verdict = json!({
        "status": "active", "actor": "reviewer", "reason": "Verified.", "expires_at": "2999-01-01T00:00:00Z", "tiers": tiers,
    });
    let decision = decide(&operator, &profile, "cyber", &verdict).ok();
    for field in ["status", "actor", "reason", "expires_at", "tiers"] {
        assert_eq!(decision[field], verdict[field]);
    }
    assert_eq!(decision["features"], Value::Null);
    let features = json!({"cmek": {"status": "active"}});
    decide(&operator, &profile, "efs", &json!({"status": "active", "actor": "r", "features": features})).ok();
    let client = app.client.speaking(Shape::Ga);
    let (active, inactive) = (json!({"status": "active"}), json!({"status": "inactive"}));
    let programs = json!({
        "cyber": {
            "status": "active",
            "tiers": {"a": active, "b": inactive, "c": inactive},
            "requirements": {"data_retention": true, "human_review": false},
        },
        "efs": {"status": "active", "features": {"data_retention_exemption": inactive, "cmek": active, "storage": inactive}},
    });
    assert_eq!(client.retrieve(id(&profile))["programs"], programs);
    let listed = operator.get(&format!("{QUEUE}?status=active")).send().ok();
    assert_eq!((&listed["data"][0]["tiers"], &listed["data"][1]["features"]), (&tiers, &features));
    // What is not named any more is inactive.
    decide(&operator, &profile, "cyber", &json!({"status": "active", "actor": "r", "tiers": {"b": active}})).ok();
    let cyber = client.retrieve(id(&profile))["programs"]["cyber"].clone();
    assert_eq!(cyber["tiers"], json!({"a": inactive, "b": active, "c": inactive}));
    assert_eq!(cyber["requirements"], json!({"data_retention": false, "human_review": false}));
}

#[test]
fn an_expired_grant_is_not_shown_and_its_expiry_is_recorded_before_the_next_decision() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let verdict = json!({"status": "active", "actor": "r", "expires_at": "2999-01-01T00:00:00Z", "tiers": {"a": {"status": "active"}}});
    decide(&operator, &profile, "cyber", &verdict).ok();
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], json!({"cyber": {"status": "active"}}));
    app.database.seed("update trust_grants set expires_at = now() - interval '1 second'");
    for shape in [Shape::V1, Shape::V2, Shape::V3] {
        assert_eq!(app.client.speaking(shape).retrieve(id(&profile))["trust_grants"], json!({}));
    }
    assert_eq!(app.client.speaking(Shape::Ga).retrieve(id(&profile))["programs"]["cyber"], Value::Null);
    assert_eq!(operator.get(&format!("{QUEUE}?status=active")).send().ok()["data"], json!([]));
    say(&operator, &profile, "withdrawn").refused(409);
    say(&operator, &profile, "pending").ok();
    assert_eq!(statuses(&operator, &profile), ["active", "withdrawn", "pending"]);
    assert_eq!(history(&operator, &profile, "cyber")[1]["actor"], "expiry");
    assert_eq!(events(&app), ["cyber active", "cyber none", "cyber pending"]);
}

#[test]
fn all_violations_of_a_decision_are_in_one_answer() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let wrong = json!({
        "status": "granted", "reason": "", "expires_at": "2020-01-01T00:00:00Z", "when": 1,
        "tiers": {"d": {}, "a": {"status": "on", "requirements": {"data_retention": "yes", "more": true}}},
    });
    let answer = decide(&operator, &profile, "cyber", &wrong);
    let message = answer.refused(400);
    for part in [
        "actor: Field required",
        "expires_at: Timestamp lies in the past",
        "reason: String should have at least 1 character",
        "status: Input should be one of `active`, `pending`, `rejected`, `withdrawn`",
        "tiers.a.requirements.data_retention: Input should be a valid boolean",
        "tiers.a.requirements.more: Extra inputs are not permitted",
        "tiers.a.status: Input should be one of",
        "tiers.d: Extra inputs are not permitted",
        "when: Extra inputs are not permitted",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let verdict = |more: &Value| {
        let mut verdict = json!({"status": "active", "actor": "r"});
        verdict.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        verdict
    };
    let tiers = json!({"tiers": {"a": {"status": "active"}}});
    for (name, more, message) in [
        ("efs", tiers.clone(), "tiers: Only the grant `cyber` has tiers"),
        ("bio", tiers, "tiers: Only the grant `cyber` has tiers"),
        ("cyber", json!({"features": {"cmek": {"status": "active"}}}), "features: Only the grant `efs` has features"),
        (
            "cyber",
            json!({"status": "pending", "expires_at": "2999-01-01T00:00:00Z"}),
            "expires_at: Only with the status `active`",
        ),
        ("cyber", json!({"status": "rejected", "tiers": {}}), "tiers: Only with the status `active`"),
        ("Cyber", json!({}), "trust_grant_name: String should match ^[a-z][a-z0-9_]{0,63}$"),
        ("cyber", json!({"actor": "x".repeat(256)}), "actor: String should have at most 255 characters"),
        ("cyber", json!({"reason": "x".repeat(513)}), "reason: String should have at most 512 characters"),
    ] {
        assert_eq!(decide(&operator, &profile, name, &verdict(&more)).refused(400), message);
    }
    assert_eq!((events(&app).len(), app.database.count("trust_grant_decisions")), (0, 0));
}

#[test]
fn pending_grants_are_listed_oldest_first_while_others_are_decided() {
    let app = TestApp::start();
    let operator = app.operator();
    let profiles: Vec<_> = (0..9).map(|_| app.client.create(&json!({}))).collect();
    let asked: Vec<_> = [3, 1, 4, 0, 8, 2, 6].into_iter().map(|index| &profiles[index]).collect();
    for profile in &asked {
        say(&operator, profile, "pending").ok();
    }
    say(&operator, &profiles[5], "active").ok();
    let mut seen = Vec::new();
    let mut page = operator.get(&format!("{QUEUE}?limit=2")).send().ok();
    for turn in 0.. {
        let found = page["data"].as_array().unwrap();
        seen.extend(found.iter().map(|grant| grant["user_profile_id"].clone()));
        // A listed grant is decided, and another entity applies.
        for grant in found {
            assert_eq!((&grant["status"], &grant["name"]), (&json!("pending"), &json!("cyber")));
            say(&operator, &json!({"id": grant["user_profile_id"]}), "rejected").ok();
        }
        if turn == 0 {
            say(&operator, &profiles[7], "pending").ok();
            app.client.delete(&path(id(asked[4]))).send().ok();
        }
        let Some(next) = page["next_page"].as_str() else { break };
        page = operator.get(&format!("{QUEUE}?limit=2&page={next}")).send().ok();
    }
    let expected =
        [asked[0], asked[1], asked[2], asked[3], asked[5], asked[6], &profiles[7]].map(|profile| profile["id"].clone());
    assert_eq!(seen, expected);
    assert_eq!(operator.get(QUEUE).send().ok()["data"], json!([]));
    let newest = operator.get(&format!("{QUEUE}?status=rejected&order=desc&limit=1")).send().ok();
    assert_eq!(newest["data"][0]["user_profile_id"], profiles[7]["id"]);
    let wrong = operator.get(&format!("{QUEUE}?status=none&limit=0&order=up&page=x")).send();
    for field in ["status: ", "limit: ", "order: ", "page: "] {
        assert!(wrong.refused(400).contains(field), "{field}");
    }
}
