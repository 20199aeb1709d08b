//! Enforcement actions as profiles show them. How they come about is not of interest here, so the tests put rows into the table.

use serde_json::json;
use uprof::domain::id::EnforcementActionId;
use uuid::Uuid;

use super::shown::{enforce, seen};
use crate::support::client::id;
use crate::support::{Shape, TestApp};

fn action_id(number: u128) -> String {
    EnforcementActionId::new(Uuid::from_u128(number)).to_string()
}

#[test]
fn an_action_is_shown_in_full_in_retrieve_and_list() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    enforce(
        &app,
        "(2, 'ban', 'high_harm', '2026-03-15T10:00:00.5Z', null, 'none', null),
         (1, 'restriction', 'fraud_or_abuse', '2026-03-14T12:00:00+02', '2999-01-01T00:00:00Z', 'offered', null)",
    );
    let actions = json!([
        {
            "id": action_id(1), "type": "restriction", "action": "verify", "reason": "fraud_or_abuse",
            "opened_at": "2026-03-14T10:00:00Z", "expires_at": "2999-01-01T00:00:00Z",
        },
        {
            "id": action_id(2), "type": "ban", "action": null, "reason": "high_harm",
            "opened_at": "2026-03-15T10:00:00.5Z", "expires_at": null,
        },
    ]);
    for shown in seen(&app, Shape::Ga, &profile) {
        assert_eq!(shown["enforcement_actions"], actions);
        assert_eq!(shown["enforcement_status"], "banned");
        assert!(shown["enforcement_actions"][0]["id"].as_str().unwrap().starts_with("enac_01"));
    }
    let updated = app.client.speaking(Shape::Ga).update(id(&profile), &json!({"name": "Renamed"}));
    assert_eq!((&updated["enforcement_actions"], &updated["enforcement_status"]), (&actions, &json!("banned")));
    for shape in [Shape::V1, Shape::V2, Shape::V3] {
        for shown in seen(&app, shape, &profile) {
            assert_eq!(Shape::of(&shown), shape, "an older shape shows nothing of it");
        }
    }
}

#[test]
fn the_status_is_the_first_rule_that_holds_for_the_open_actions() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let past = "'2026-01-01T00:00:00Z'";
    let restriction = |number: u8, reason: &str, check: &str| {
        format!("({number}, 'restriction', '{reason}', {past}, null, '{check}', null)")
    };
    let plain = restriction(1, "unsupported_region", "none");
    let offered = restriction(2, "unspecified", "offered");
    let review = restriction(3, "usage_policy_violation", "in_review");
    let taken = restriction(4, "account_compromise", "none");
    let taken_review = restriction(5, "account_compromise", "in_review");
    let ban = format!("(6, 'ban', 'high_harm', {past}, null, 'none', null)");
    let expired = format!("(7, 'restriction', 'unspecified', {past}, '2026-01-02T00:00:00Z', 'none', null)");
    let expired_review =
        format!("(8, 'restriction', 'unspecified', {past}, '2026-01-02T00:00:00Z', 'in_review', null)");
    let lasting = format!("(9, 'restriction', 'unspecified', {past}, '2999-01-02T00:00:00Z', 'none', null)");
    let lifted_ban = format!("(10, 'ban', 'high_harm', {past}, null, 'none', {past})");
    let resolved = format!("(11, 'restriction', 'account_compromise', {past}, null, 'none', {past})");
    let table: &[(&[&String], &str, &[u128])] = &[
        (&[], "unrestricted", &[]),
        (&[&plain], "restricted", &[1]),
        (&[&offered], "restricted", &[2]),
        (&[&review], "pending", &[3]),
        (&[&taken], "restricted", &[4]),
        (&[&taken_review], "restricted", &[5]),
        (&[&ban], "banned", &[6]),
        (&[&lasting], "restricted", &[9]),
        (&[&plain, &offered, &review], "pending", &[1, 2, 3]),
        (&[&review, &taken], "restricted", &[3, 4]),
        (&[&review, &taken, &ban], "banned", &[3, 4, 6]),
        // What has ended counts as if it had never been.
        (&[&expired], "unrestricted", &[]),
        (&[&expired_review], "unrestricted", &[]),
        (&[&expired_review, &plain], "restricted", &[1]),
        (&[&lifted_ban], "unrestricted", &[]),
        (&[&lifted_ban, &review], "pending", &[3]),
        (&[&resolved, &review], "pending", &[3]),
        (&[&resolved, &expired, &lifted_ban], "unrestricted", &[]),
    ];
    for (actions, status, shown) in table {
        enforce(&app, &actions.iter().map(|action| action.as_str()).collect::<Vec<_>>().join(", "));
        for profile in seen(&app, Shape::Ga, &profile) {
            let listed = profile["enforcement_actions"].as_array().unwrap();
            let ids: Vec<_> = listed.iter().map(|action| action["id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(ids, shown.iter().copied().map(action_id).collect::<Vec<_>>(), "{actions:?}");
            assert_eq!(profile["enforcement_status"], *status, "{actions:?}");
            // A check can be made only while it is offered, and not once it is in review.
            let verify: Vec<_> = listed.iter().filter(|action| action["action"] == "verify").collect();
            assert_eq!(verify.len(), usize::from(shown.contains(&2)), "{actions:?}");
        }
    }
}

#[test]
fn every_reason_is_shown_by_its_label() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for reason in [
        "unsupported_region",
        "fraud_or_abuse",
        "high_harm",
        "usage_policy_violation",
        "account_compromise",
        "unspecified",
    ] {
        enforce(&app, &format!("(1, 'restriction', '{reason}', '2026-01-01T00:00:00Z', null, 'none', null)"));
        for shown in seen(&app, Shape::Ga, &profile) {
            assert_eq!(shown["enforcement_actions"][0]["reason"], reason);
        }
    }
}
