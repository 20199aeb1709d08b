//! Decisions as profiles show them: trust grants and programs. How they come about is not of interest here, so the tests put rows into
//! the tables.

use serde_json::{Value, json};

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
pub(super) fn enforce(app: &TestApp, actions: &str) {
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

/// How the profile is shown, by `shape`: retrieved and listed.
pub(super) fn seen(app: &TestApp, shape: Shape, profile: &Value) -> [Value; 2] {
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
