//! Enforcement actions over HTTP: opened, checked, lifted, and listed.

use serde_json::{Value, json};
use sqlx::Row;

use crate::support::client::{id, path};
use crate::support::threads::concurrently;
use crate::support::{Answer, Client, Shape, TestApp};

fn actions(profile: &Value) -> String {
    format!("{}/enforcement_actions", path(id(profile)))
}

fn open(operator: &Client, profile: &Value, opening: &Value) -> Answer {
    operator.post(&actions(profile)).json(opening)
}

fn restriction(reason: &str, more: &Value) -> Value {
    let mut opening = json!({"type": "restriction", "reason": reason, "actor": "reviewer"});
    opening.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    opening
}

fn step(operator: &Client, profile: &Value, action: &Value, step: &Value) -> Answer {
    operator.post(&format!("{}/{}", actions(profile), id(action))).json(step)
}

fn transition(operator: &Client, profile: &Value, action: &Value, transition: &str) -> Answer {
    let more = if transition == "resolved" { json!({"actor": "reviewer"}) } else { json!({}) };
    let mut body = json!({"transition": transition});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step(operator, profile, action, &body)
}

fn status(app: &TestApp, profile: &Value) -> Value {
    app.client.speaking(Shape::Ga).retrieve(id(profile))["enforcement_status"].clone()
}

/// The kinds of the events of actions.
fn events(app: &TestApp) -> Vec<String> {
    let kinds =
        "select substr(kind, 33) from (select * from events where enforcement_action_id is not null order by id) e";
    app.database.texts(kinds)
}

#[test]
fn an_action_is_shown_while_it_is_open_and_remains_listed() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({"name": "Example"}));
    let opening = restriction(
        "fraud_or_abuse",
        &json!({"action": "verify", "note": "Complaints.", "expires_at": "2999-01-01T00:00:00Z"}),
    );
    let opened = open(&operator, &profile, &opening).ok();
    for field in ["type", "reason", "action", "note", "expires_at"] {
        assert_eq!(opened[field], opening[field]);
    }
    assert_eq!(
        (&opened["opened_by"], &opened["resolved_at"], &opened["identity_check"]),
        (&json!("reviewer"), &Value::Null, &json!("offered"))
    );
    let shown = app.client.speaking(Shape::Ga).retrieve(id(&profile));
    assert_eq!(shown["enforcement_status"], "restricted");
    for field in ["id", "type", "action", "reason", "opened_at", "expires_at"] {
        assert_eq!(shown["enforcement_actions"][0][field], opened[field], "{field}");
    }
    assert!(shown["updated_at"].as_str() > profile["updated_at"].as_str());
    let ended =
        step(&operator, &profile, &opened, &json!({"transition": "resolved", "actor": "another", "note": "Cleared."}))
            .ok();
    assert_eq!(
        (&ended["resolved_by"], &ended["resolution_note"], &ended["action"]),
        (&json!("another"), &json!("Cleared."), &Value::Null)
    );
    let after = app.client.speaking(Shape::Ga).retrieve(id(&profile));
    assert_eq!((&after["enforcement_status"], &after["enforcement_actions"]), (&json!("unrestricted"), &json!([])));
    assert!(after["updated_at"].as_str() > shown["updated_at"].as_str());
    assert_eq!(operator.get(&actions(&profile)).send().ok()["data"], json!([ended]));
    assert_eq!(events(&app), ["opened", "resolved"]);
    let ids = app
        .database
        .row("select count(distinct enforcement_action_id) from events where enforcement_action_id is not null");
    assert_eq!(ids.get::<i64, _>(0), 1);
}

#[test]
fn a_check_goes_from_offered_to_review_and_back_or_resolves_the_action() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let action = open(&operator, &profile, &restriction("unspecified", &json!({"action": "verify"}))).ok();
    for (made, check, sum) in [
        ("check_submitted", "in_review", "pending"),
        ("check_failed", "offered", "restricted"),
        ("check_submitted", "in_review", "pending"),
    ] {
        let after = transition(&operator, &profile, &action, made).ok();
        assert_eq!(after["identity_check"], check);
        assert_eq!(after["action"], if check == "offered" { json!("verify") } else { Value::Null });
        assert_eq!(status(&app, &profile), sum);
        let shown = app.client.speaking(Shape::Ga).retrieve(id(&profile));
        assert_eq!(shown["enforcement_actions"][0]["action"], after["action"]);
    }
    // The account was taken over: no check helps. A ban outdoes everything.
    let taken = open(&operator, &profile, &restriction("account_compromise", &json!({}))).ok();
    assert_eq!(status(&app, &profile), "restricted");
    let ban = open(&operator, &profile, &json!({"type": "ban", "reason": "high_harm", "actor": "r"})).ok();
    assert_eq!(status(&app, &profile), "banned");
    for (lifted, sum) in [(&ban, "restricted"), (&taken, "pending"), (&action, "unrestricted")] {
        transition(&operator, &profile, lifted, "resolved").ok();
        assert_eq!(status(&app, &profile), sum);
    }
    assert_eq!(events(&app).len(), 9);
}

#[test]
fn a_forbidden_transition_of_an_action_is_a_conflict_that_changes_nothing() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let refused = |action: &Value, made: &str, message: &str| {
        let before = (app.client.retrieve(id(&profile)), operator.get(&actions(&profile)).send().ok());
        let answer = transition(&operator, &profile, action, made);
        assert_eq!(answer.refused(409), format!("transition: {message}"), "{made}");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
        assert_eq!((app.client.retrieve(id(&profile)), operator.get(&actions(&profile)).send().ok()), before);
    };
    let plain = open(&operator, &profile, &restriction("unspecified", &json!({}))).ok();
    refused(&plain, "check_submitted", "No check is offered");
    refused(&plain, "check_failed", "No check is in review");
    let offered = open(&operator, &profile, &restriction("unspecified", &json!({"action": "verify"}))).ok();
    refused(&offered, "check_failed", "No check is in review");
    transition(&operator, &profile, &offered, "check_submitted").ok();
    refused(&offered, "check_submitted", "A check is in review already");
    transition(&operator, &profile, &offered, "resolved").ok();
    let ending = restriction("unspecified", &json!({"action": "verify", "expires_at": "2999-01-01T00:00:00Z"}));
    let ended = open(&operator, &profile, &ending).ok();
    app.database.seed("update enforcement_actions set opened_at = '2026-01-01', expires_at = '2026-01-02' where expires_at is not null");
    for action in [&offered, &ended] {
        for made in ["check_submitted", "check_failed", "resolved"] {
            refused(action, made, "An action that has ended cannot change");
        }
    }
    // It expired then, although that is not recorded yet.
    let newest = operator.get(&format!("{}?limit=1", actions(&profile))).send().ok()["data"][0].clone();
    assert_eq!((&newest["resolved_at"], &newest["resolved_by"]), (&json!("2026-01-02T00:00:00Z"), &json!("expiry")));
}

#[test]
fn all_violations_of_a_body_are_in_one_answer() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let later = "2999-01-01T00:00:00Z";
    for (opening, message) in [
        (json!({}), "actor: Field required; reason: Field required; type: Field required"),
        (
            json!({"type": "ban", "reason": "high_harm", "actor": "r", "expires_at": later, "action": "verify"}),
            "action: No check clears a ban; expires_at: A ban has no end",
        ),
        (
            restriction("account_compromise", &json!({"expires_at": later})),
            "expires_at: A restriction for `account_compromise` has no end",
        ),
        (
            restriction("unspecified", &json!({"expires_at": "2020-01-01T00:00:00Z"})),
            "expires_at: Timestamp lies in the past",
        ),
        (restriction("unspecified", &json!({"action": "pay"})), "action: Input should be one of `verify`"),
        (
            restriction("unspecified", &json!({"note": "", "id": "x"})),
            "id: Extra inputs are not permitted; note: String should have at least 1 character",
        ),
    ] {
        assert_eq!(open(&operator, &profile, &opening).refused(400), message);
    }
    let action = open(&operator, &profile, &restriction("unspecified", &json!({"action": "verify"}))).ok();
    for (body, message) in [
        (
            json!({"transition": "closed"}),
            "transition: Input should be one of `check_submitted`, `check_failed`, `resolved`",
        ),
        (json!({"transition": "resolved"}), "actor: Field required"),
        (
            json!({"transition": "check_submitted", "actor": "r", "note": "n"}),
            "actor: Only with the transition `resolved`; note: Only with the transition `resolved`",
        ),
    ] {
        assert_eq!(step(&operator, &profile, &action, &body).refused(400), message);
    }
    assert_eq!(events(&app), ["opened"]);
}

#[test]
fn open_and_resolved_actions_of_one_profile_are_listed_in_pages() {
    let app = TestApp::start();
    let operator = app.operator();
    let (profile, other) = (app.client.create(&json!({})), app.client.create(&json!({})));
    let opened: Vec<_> =
        (0..5).map(|_| open(&operator, &profile, &restriction("unspecified", &json!({}))).ok()).collect();
    transition(&operator, &profile, &opened[2], "resolved").ok();
    let page = |query: &str| operator.get(&format!("{}?order=asc&limit=3{query}", actions(&profile))).send().ok();
    let first = page("");
    let rest = page(&format!("&page={}", first["next_page"].as_str().unwrap()));
    let ids: Vec<_> = [&first, &rest]
        .iter()
        .flat_map(|page| page["data"].as_array().unwrap())
        .map(|action| action["id"].clone())
        .collect();
    assert_eq!(ids, opened.iter().map(|action| action["id"].clone()).collect::<Vec<_>>());
    assert_eq!(rest["next_page"], Value::Null);
    assert_eq!(transition(&operator, &other, &opened[0], "resolved").refused(404), "Enforcement action not found");
    assert_eq!(
        transition(&operator, &profile, &json!({"id": "enac_1"}), "resolved").refused(404),
        "Enforcement action not found"
    );
    let stranger = app.client.with_key(&app.another_operators_key());
    assert_eq!(stranger.get(&actions(&profile)).send().refused(404), "User profile not found");
    assert_eq!(transition(&stranger, &profile, &opened[0], "resolved").refused(404), "User profile not found");
    assert_eq!(
        open(&stranger, &profile, &restriction("unspecified", &json!({}))).refused(404),
        "User profile not found"
    );
}

#[test]
fn erasing_a_profile_deletes_its_actions_without_an_event() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    open(&operator, &profile, &restriction("unspecified", &json!({}))).ok();
    app.client.delete(&path(id(&profile))).send().ok();
    assert_eq!((events(&app), app.database.count("enforcement_actions")), (vec!["opened".to_owned()], 0));
}

#[test]
fn of_concurrent_resolutions_one_succeeds() {
    let app = TestApp::start();
    let operator = app.operator();
    for _ in 0..10 {
        let profile = app.client.create(&json!({}));
        let action = open(&operator, &profile, &restriction("unspecified", &json!({"action": "verify"}))).ok();
        let made = ["resolved", "check_submitted", "resolved", "resolved"];
        let answers = concurrently(&made, |made| transition(&operator, &profile, &action, made));
        let lifted = made.iter().zip(&answers).filter(|(made, answer)| **made == "resolved" && answer.status == 200);
        assert_eq!(lifted.count(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.refused(409).starts_with("transition: ")));
        assert_eq!(status(&app, &profile), "unrestricted");
    }
    let ends = events(&app).into_iter().filter(|event| event != "updated");
    assert_eq!(ends.count(), 20);
}
