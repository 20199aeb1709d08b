//! The rules of single fields under the shapes that came after the original one.

use serde_json::{Value, json};

use crate::support::client::id;
use crate::support::shape::{at, body};
use crate::support::{Shape, WriteRoutes};

const LATER: [Shape; 3] = [Shape::V2, Shape::V3, Shape::Ga];
const NOT_A_STRING: &str = "Input should be a valid string";
const CANNOT_BE_CLEARED: &str = "Value cannot be cleared, null is not permitted";

/// The texts of 1–255 characters.
fn texts(shape: Shape) -> &'static [&'static str] {
    match shape {
        Shape::V1 | Shape::V2 => &["name", "external_id"],
        Shape::V3 | Shape::Ga => &[
            "name",
            "external_user_details.reference_id",
            "external_user_details.email_hash",
            "external_user_details.name_hash",
        ],
    }
}

/// The enum fields, and their labels.
fn words(shape: Shape) -> &'static [(&'static str, &'static [&'static str])] {
    const ACCESS: (&str, &[&str]) = ("access_type", &["application", "passthrough"]);
    match shape {
        Shape::V1 => &[],
        Shape::V2 => &[ACCESS],
        Shape::V3 | Shape::Ga => &[
            ACCESS,
            ("external_user_details.account_status", &["active", "suspended", "blocked"]),
            ("external_user_details.entity_type", &["individual", "business", "non_profit", "government"]),
        ],
    }
}

#[test]
fn texts_hold_255_characters_whatever_their_bytes() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        for field in texts(shape) {
            for character in ["x", "é", "漢", "😀"] {
                let longest = json!(character.repeat(255));
                routes.accept(&body(field, &longest), |profile| *at(field, profile) == longest);
                let reasons = format!("{field}: String should have at most 255 characters");
                routes.refuse(&body(field, &json!(character.repeat(256))), &reasons);
            }
            let spaces = json!(" \t\n ");
            routes.accept(&body(field, &spaces), |profile| *at(field, profile) == spaces);
        }
    }
}

#[test]
fn texts_are_strings_that_are_not_empty_and_have_no_nul() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        for field in texts(shape) {
            routes.refuse(&body(field, &json!("")), &format!("{field}: String should have at least 1 character"));
            let nul = format!("{field}: String should not contain a NUL character");
            routes.refuse(&body(field, &json!("a\0b")), &nul);
            for value in [json!(1), json!(true), json!(["x"]), json!({"x": "y"})] {
                routes.refuse(&body(field, &value), &format!("{field}: {NOT_A_STRING}"));
            }
        }
    }
}

#[test]
fn enums_accept_their_labels_and_no_others() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        for (field, words) in words(shape) {
            for word in *words {
                routes.accept(&body(field, &json!(word)), |profile| *at(field, profile) == *word);
            }
            let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            let reasons = format!("{field}: Input should be one of {}", quoted.join(", "));
            for word in ["", "external", "Active", "ACTIVE", "active ", "non-profit", "active\0"] {
                routes.refuse(&body(field, &json!(word)), &reasons);
            }
            for value in [json!(0), json!(false), json!([words[0]])] {
                routes.refuse(&body(field, &value), &format!("{field}: {NOT_A_STRING}"));
            }
        }
    }
}

#[test]
fn a_field_of_another_shape_is_refused_by_the_name_of_this_one() {
    let others: [(Shape, &[&str]); 3] = [
        (Shape::V2, &["external_user_details"]),
        (Shape::V3, &["external_id", "external_user_onboarded_at", "relationship"]),
        (Shape::Ga, &["external_id", "external_user_onboarded_at", "relationship"]),
    ];
    for (shape, fields) in others {
        let routes = WriteRoutes::of(shape);
        for field in fields {
            for value in [json!(null), json!("external"), json!({}), json!(7)] {
                routes.refuse(&json!({*field: value}), &format!("{field}: not accepted under {}", shape.name()));
            }
        }
    }
}

#[test]
fn an_unknown_key_is_refused_even_if_it_is_null() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        let answered = ["id", "type", "created_at", "updated_at", "trust_grants", "programs", "enforcement_status"];
        // Fields of the details stand in the details only.
        let inner = ["reference_id", "onboarded_at", "country", "email_hash", "account_status"];
        for key in answered.iter().chain(&inner).chain(&["plan", "Name", "accessType"]) {
            routes.refuse(&json!({*key: null}), &format!("{key}: Extra inputs are not permitted"));
        }
    }
}

#[test]
fn in_a_create_null_means_the_same_as_absence() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        let mut nulls = json!({"name": null, "access_type": null, "metadata": null});
        let own = match shape {
            Shape::V1 | Shape::V2 => {
                json!({"relationship": null, "external_id": null, "external_user_onboarded_at": null})
            }
            Shape::V3 | Shape::Ga => json!({"external_user_details": null}),
        };
        nulls.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let (with, mut without) = (routes.create(&nulls).ok(), routes.create(&json!({})).ok());
        for key in ["id", "created_at", "updated_at"] {
            without[key] = with[key].clone();
        }
        assert_eq!(with, without, "{shape:?}");
    }
}

#[test]
fn in_an_update_null_clears_a_name_and_an_external_id_and_means_absence_elsewhere() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        let full = json!({"name": "Example", "access_type": "passthrough", "metadata": {"plan": "pro"}});
        let profile = routes.client.create(&full);
        let mut absent = vec!["access_type", "metadata"];
        absent.push(if shape == Shape::V2 { "relationship" } else { "external_user_details" });
        for field in absent {
            assert_eq!(routes.client.update(id(&profile), &json!({field: null})), profile, "{shape:?} {field}");
        }
        let cleared = routes.client.update(id(&profile), &json!({"name": null}));
        assert_eq!((&cleared["name"], &cleared["metadata"]), (&Value::Null, &profile["metadata"]), "{shape:?}");
    }
    let routes = WriteRoutes::of(Shape::V2);
    let profile = routes.client.create(&json!({"external_id": "x"}));
    assert_eq!(routes.client.update(id(&profile), &json!({"external_id": null}))["external_id"], json!(null));
    let refused = routes.update(&json!({"external_user_onboarded_at": null}));
    assert_eq!(refused.refused(400), format!("external_user_onboarded_at: {CANNOT_BE_CLEARED}"));
}

#[test]
fn relationship_is_accepted_beside_access_type_unless_they_disagree() {
    let routes = WriteRoutes::of(Shape::V2);
    let stored = |profile: &Value| routes.app.client.retrieve(id(profile))["relationship"].clone();
    let agreeing = [
        (json!({"relationship": "external"}), "external"),
        (json!({"relationship": "resold"}), "resold"),
        (json!({"relationship": "internal"}), "internal"),
        (json!({"relationship": "external", "access_type": "application"}), "external"),
        (json!({"relationship": "internal", "access_type": "application"}), "internal"),
        (json!({"relationship": "resold", "access_type": "passthrough"}), "resold"),
        (json!({"relationship": null, "access_type": "passthrough"}), "resold"),
        (json!({"relationship": "resold", "access_type": null}), "resold"),
    ];
    for (body, relationship) in &agreeing {
        for before in ["external", "resold", "internal"] {
            let profile = routes.app.client.create(&json!({"name": "Example", "relationship": before}));
            let updated = routes.client.update(id(&profile), body);
            assert_eq!(stored(&updated), *relationship, "{before} {body}");
        }
        let created = routes.client.create(body);
        assert_eq!(stored(&created), *relationship, "{body}");
        assert_eq!(created["access_type"], if *relationship == "resold" { "passthrough" } else { "application" });
    }
    for (relationship, access_type) in
        [("resold", "application"), ("external", "passthrough"), ("internal", "passthrough")]
    {
        let body = json!({"relationship": relationship, "access_type": access_type});
        routes.refuse(&body, "relationship: Value contradicts `access_type`");
    }
    let words = "relationship: Input should be one of `external`, `resold`, `internal`";
    routes.refuse(&json!({"relationship": "application", "access_type": "application"}), words);
}

#[test]
fn metadata_has_the_same_rules_under_every_shape() {
    for shape in LATER {
        let routes = WriteRoutes::of(shape);
        routes.refuse(&json!({"metadata": {"plan": 1}}), &format!("metadata.plan: {NOT_A_STRING}"));
        routes.refuse(&json!({"metadata": []}), "metadata: Input should be a valid object");
        let long = json!({"metadata": {"plan": "x".repeat(513)}});
        routes.refuse(&long, "metadata.plan: String should have at most 512 characters");
        routes.create(&json!({"metadata": {"plan": ""}})).refused(400);
        let merged = routes.update(&json!({"metadata": {"retained": "", "new": "yes"}})).ok();
        assert_eq!(merged["metadata"], json!({"new": "yes"}), "{shape:?}");
    }
}

#[test]
fn all_violations_are_in_one_answer_by_path() {
    let body = json!({
        "name": "",
        "access_type": "resold",
        "external_id": 7,
        "external_user_onboarded_at": "yesterday",
        "external_user_details": {
            "country": "Germany", "email_hash": "", "entity_type": "person", "onboarded_at": 0, "plan": "pro",
            "account_status": "active",
        },
        "metadata": {"a": 1},
        "plan": "pro",
        "relationship": "friend",
    });
    let timestamp = "Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z";
    let common = |access: String, own: Vec<String>| {
        let mut reasons = own;
        reasons.push(access);
        reasons.push(format!("metadata.a: {NOT_A_STRING}"));
        reasons.push("name: String should have at least 1 character".to_owned());
        reasons.push("plan: Extra inputs are not permitted".to_owned());
        reasons.sort();
        reasons.join("; ")
    };
    let access = || "access_type: Input should be one of `application`, `passthrough`".to_owned();
    let v2 = vec![
        format!("external_id: {NOT_A_STRING}"),
        format!("external_user_details: not accepted under {}", Shape::V2.name()),
        format!("external_user_onboarded_at: {timestamp}"),
        "relationship: Input should be one of `external`, `resold`, `internal`".to_owned(),
    ];
    WriteRoutes::of(Shape::V2).refuse(&body, &common(access(), v2));
    for shape in [Shape::V3, Shape::Ga] {
        let details = [
            format!("external_id: not accepted under {}", shape.name()),
            "external_user_details.country: String should be two upper-case ASCII letters".to_owned(),
            "external_user_details.email_hash: String should have at least 1 character".to_owned(),
            "external_user_details.entity_type: Input should be one of `individual`, `business`, `non_profit`, \
             `government`"
                .to_owned(),
            format!("external_user_details.onboarded_at: {NOT_A_STRING}"),
            "external_user_details.plan: Extra inputs are not permitted".to_owned(),
            format!("external_user_onboarded_at: not accepted under {}", shape.name()),
            format!("relationship: not accepted under {}", shape.name()),
        ];
        WriteRoutes::of(shape).refuse(&body, &common(access(), details.to_vec()));
    }
}
