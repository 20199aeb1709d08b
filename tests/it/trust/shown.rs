//! Decisions and limits as profiles show them: trust grants, programs and enforcement. How they come about is not of
//! interest here, so the tests put rows into the tables.

use serde_json::{Value, json};
use uprof::domain::id::EnforcementActionId;
use uuid::Uuid;

use crate::support::client::id;
use crate::support::{Shape, TestApp};

/// Adds grants as rows of `(name, status)` to every profile.
fn grant(app: &TestApp, grants: &str) {
    app.database.seed(&format!(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select p.organization_id, p.id, g.name, g.status, gen_random_uuid(), now()
           from user_profiles p, (values {grants}) as g (name, status)"
    ));
}

/// Adds parts as rows of `(grant, name, status, requires data retention, requires human review)` to every profile.
fn parts(app: &TestApp, parts: &str) {
    app.database.seed(&format!(
        "insert into trust_grant_parts (
                organization_id, profile_id, grant_name, name, status, requires_data_retention, requires_human_review)
         select p.organization_id, p.id, t.*
           from user_profiles p,
                (values {parts}) as t (grant_name, name, status, data_retention, human_review)"
    ));
}

/// Replaces the enforcement actions of every profile by rows of `(number, kind, reason, opened at, expires at, identity check, resolved
/// at)`.
fn enforce(app: &TestApp, actions: &str) {
    app.database.seed("delete from enforcement_actions");
    if !actions.is_empty() {
        app.database.seed(&format!(
            "insert into enforcement_actions (
                    organization_id, profile_id, id, kind, reason, opened_at, opened_by, expires_at, identity_check,
                    resolved_at, resolved_by)
             select p.organization_id, p.id, lpad(to_hex(a.number), 32, '0')::uuid, a.kind, a.reason,
                    a.opened_at::timestamptz, 'reviewer', a.expires_at::timestamptz, a.identity_check,
                    a.resolved_at::timestamptz, case when a.resolved_at is not null then 'reviewer' end
               from user_profiles p,
                    (values {actions}) as a (number, kind, reason, opened_at, expires_at, identity_check, resolved_at)"
        ));
    }
}

fn action_id(number: u128) -> String {
    EnforcementActionId::new(Uuid::from_u128(number)).to_string()
}

/// How the profile is shown, by `shape`: retrieved and listed.
fn seen(app: &TestApp, shape: Shape, profile: &Value) -> [Value; 2] {
    let client = app.client.speaking(shape);
    [client.retrieve(id(profile)), client.list("")["data"][0].clone()]
}

#[test]
fn programs_are_in_full_when_retrieved_and_in_brief_when_listed() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    grant(&app, "('cyber', 'active'), ('efs', 'pending'), ('other', 'rejected')");
    parts(
        &app,
        "('cyber', 'a', 'active', true, false), ('cyber', 'b', 'inactive', true, true),
         ('efs', 'cmek', 'active', false, false), ('efs', 'storage', 'inactive', false, false)",
    );
    let [retrieved, listed] = seen(&app, Shape::Ga, &profile);
    let programs = json!({
        "cyber": {
            "status": "active",
            "tiers": {"a": {"status": "active"}, "b": {"status": "inactive"}, "c": {"status": "inactive"}},
            "requirements": {"data_retention": true, "human_review": false},
        },
        "efs": {
            "status": "pending",
            "features": {
                "data_retention_exemption": {"status": "inactive"},
                "cmek": {"status": "active"},
                "storage": {"status": "inactive"},
            },
        },
    });
    assert_eq!(retrieved["programs"], programs);
    let brief = json!({"cyber": {"status": "active", "tiers": {}, "requirements": null}, "efs": null});
    assert_eq!(listed["programs"], brief);
    // But for its programs it is the same profile.
    let mut other = listed;
    other["programs"] = programs;
    assert_eq!(other, retrieved);
    // An answer to a write may be either, and says nothing else.
    let updated = app.client.speaking(Shape::Ga).update(id(&profile), &json!({"name": "Renamed"}));
    assert!([&retrieved["programs"], &brief].contains(&&updated["programs"]), "{updated}");
}

#[test]
fn requirements_are_the_union_of_the_active_tiers_and_null_while_none_is_active() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    grant(&app, "('cyber', 'active')");
    let requirements = |retention: bool, review: bool| json!({"data_retention": retention, "human_review": review});
    let table = [
        ("('cyber', 'a', 'inactive', true, true)", Value::Null),
        ("('cyber', 'a', 'active', false, false)", requirements(false, false)),
        ("('cyber', 'a', 'active', true, false), ('cyber', 'b', 'active', false, true)", requirements(true, true)),
        ("('cyber', 'a', 'inactive', true, true), ('cyber', 'c', 'active', false, true)", requirements(false, true)),
        (
            "('cyber', 'a', 'active', true, false), ('cyber', 'b', 'active', true, false),
             ('cyber', 'c', 'inactive', false, true)",
            requirements(true, false),
        ),
    ];
    assert_eq!(seen(&app, Shape::Ga, &profile)[0]["programs"]["cyber"]["requirements"], Value::Null);
    for (tiers, expected) in table {
        app.database.seed("delete from trust_grant_parts");
        parts(&app, tiers);
        let [retrieved, listed] = seen(&app, Shape::Ga, &profile);
        assert_eq!(retrieved["programs"]["cyber"]["requirements"], expected, "{tiers}");
        assert_eq!(listed["programs"]["cyber"]["requirements"], Value::Null, "{tiers}");
    }
}

#[test]
fn a_decision_shows_as_it_is_in_every_shape() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for status in ["active", "pending", "rejected"] {
        app.database.seed("delete from trust_grants");
        grant(&app, &format!("('cyber', '{status}'), ('efs', '{status}'), ('bio_2', '{status}')"));
        for shape in [Shape::V1, Shape::V2, Shape::V3] {
            let decided = json!({"status": status});
            for shown in seen(&app, shape, &profile) {
                let grants = json!({"cyber": decided, "efs": decided, "bio_2": decided});
                assert_eq!(shown["trust_grants"], grants, "{shape:?}");
            }
        }
        let inactive = json!({"status": "inactive"});
        let programs = json!({
            "cyber": {
                "status": status, "requirements": null, "tiers": {"a": inactive, "b": inactive, "c": inactive},
            },
            "efs": {
                "status": status,
                "features": {"data_retention_exemption": inactive, "cmek": inactive, "storage": inactive},
            },
        });
        assert_eq!(seen(&app, Shape::Ga, &profile)[0]["programs"], programs, "{status}");
    }
}

#[test]
fn a_grant_is_shown_by_its_name_in_answers_to_retrieve_list_and_update() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Approved"}));
    grant(&app, "('cyber', 'active')");
    let grants = json!({"cyber": {"status": "active"}});
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], grants);
    grant(&app, "('efs', 'pending'), ('other', 'rejected')");
    let grants = json!({"cyber": {"status": "active"}, "efs": {"status": "pending"}, "other": {"status": "rejected"}});
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], grants);
    assert_eq!(app.client.list("")["data"][0]["trust_grants"], grants);
    assert_eq!(app.client.update(id(&profile), &json!({"name": "Renamed"}))["trust_grants"], grants);
    assert_eq!(app.client.create(&json!({}))["trust_grants"], json!({}));
}

#[test]
fn a_grant_that_is_not_a_program_is_shown_in_trust_grants_only() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    grant(&app, "('bio', 'active')");
    for shown in seen(&app, Shape::Ga, &profile) {
        assert_eq!(shown["programs"], json!({"cyber": null, "efs": null}));
    }
    for shape in [Shape::V1, Shape::V2, Shape::V3] {
        for shown in seen(&app, shape, &profile) {
            assert_eq!(shown["trust_grants"], json!({"bio": {"status": "active"}}));
        }
    }
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

#[test]
fn a_new_profile_has_no_decisions_and_no_actions() {
    let app = TestApp::start();
    app.client.create(&json!({}));
    grant(&app, "('cyber', 'active')");
    enforce(&app, "(1, 'ban', 'high_harm', '2026-01-01T00:00:00Z', null, 'none', null)");
    let client = app.client.speaking(Shape::Ga);
    let created = client.create(&json!({}));
    for profile in [&created, &client.retrieve(id(&created)), &client.list("")["data"][0]] {
        assert_eq!(profile["programs"], json!({"cyber": null, "efs": null}));
        assert_eq!(
            (&profile["enforcement_status"], &profile["enforcement_actions"]),
            (&json!("unrestricted"), &json!([]))
        );
    }
    assert_eq!(app.client.retrieve(id(&created))["trust_grants"], json!({}));
}
