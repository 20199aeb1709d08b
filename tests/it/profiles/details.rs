//! `external_user_details`: what may stand in it, and what an update does to it.

use serde_json::{Value, json};

use crate::support::client::id;
use crate::support::{Shape, WriteRoutes};

const SHAPES: [Shape; 2] = [Shape::V3, Shape::Ga];

fn full() -> Value {
    json!({
        "account_status": "active",
        "country": "DE",
        "email_hash": "e",
        "entity_type": "individual",
        "name_hash": "n",
        "onboarded_at": "2026-03-15T10:00:00Z",
        "reference_id": "r",
    })
}

#[test]
fn a_country_is_two_upper_case_ascii_letters() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        for country in ["DE", "US", "ZZ"] {
            let body = json!({"external_user_details": {"country": country}});
            routes.accept(&body, |profile| profile["external_user_details"]["country"] == country);
        }
        for country in ["", "D", "de", "De", "DEU", "D1", "ÄÖ", "Ä", "D ", "D\0", "ＤＥ"] {
            let reasons = "external_user_details.country: String should be two upper-case ASCII letters";
            routes.refuse(&json!({"external_user_details": {"country": country}}), reasons);
        }
    }
}

#[test]
fn the_details_are_an_object() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        for value in [json!("x"), json!(1), json!(true), json!([]), json!([["country", "DE"]])] {
            let reasons = "external_user_details: Input should be a valid object";
            routes.refuse(&json!({"external_user_details": value}), reasons);
        }
    }
}

#[test]
fn a_key_that_the_details_do_not_have_is_refused_by_its_path() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        let outer = ["name", "external_id", "external_user_onboarded_at", "access_type", "metadata", "relationship"];
        for key in outer.iter().chain(&["plan", "Country", "external_user_details", ""]) {
            for value in [json!(null), json!("x")] {
                let reasons = format!("external_user_details.{key}: Extra inputs are not permitted");
                routes.refuse(&json!({"external_user_details": {*key: value}}), &reasons);
            }
        }
    }
}

#[test]
fn in_a_create_a_detail_that_is_null_is_absent() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        for key in full().as_object().unwrap().keys() {
            let mut details = full();
            details[key] = Value::Null;
            let created = routes.create(&json!({"external_user_details": details})).ok();
            assert_eq!(created["external_user_details"], details, "{shape:?} {key}");
        }
        let created = routes.create(&json!({"external_user_details": {}})).ok();
        assert!(created["external_user_details"].as_object().unwrap().values().all(Value::is_null));
    }
}

#[test]
fn in_an_update_details_cannot_be_cleared_and_every_null_is_reported() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        let profile = routes.client.create(&json!({"external_user_details": full()}));
        let update = |details: &Value| {
            let path = crate::support::client::path(id(&profile));
            routes.client.post(&path).json(&json!({"external_user_details": details}))
        };
        let keys: Vec<_> = full().as_object().unwrap().keys().cloned().collect();
        let refused =
            |key: &String| format!("external_user_details.{key}: Value cannot be cleared, null is not permitted");
        for key in &keys {
            assert_eq!(update(&json!({key: null})).refused(400), refused(key), "{shape:?}");
        }
        let nulls: Value = keys.iter().map(|key| (key.clone(), Value::Null)).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(update(&nulls).refused(400), keys.iter().map(refused).collect::<Vec<_>>().join("; "), "{shape:?}");
        assert_eq!(update(&json!({})).ok(), profile);
        assert_eq!(update(&full()).ok(), profile);
        assert_eq!(routes.client.retrieve(id(&profile)), profile);
    }
}

#[test]
fn in_an_update_each_detail_is_replaced_on_its_own() {
    let others = json!({
        "account_status": "blocked",
        "country": "NZ",
        "email_hash": "e2",
        "entity_type": "government",
        "name_hash": "n2",
        "onboarded_at": "2025-03-15T10:00:00Z",
        "reference_id": "r2",
    });
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        for (key, value) in others.as_object().unwrap() {
            let profile = routes.client.create(&json!({"name": "Example", "external_user_details": full()}));
            let updated = routes.client.update(id(&profile), &json!({"external_user_details": {key: value}}));
            let mut expected = full();
            expected[key] = value.clone();
            assert_eq!(updated["external_user_details"], expected, "{shape:?}");
            assert_eq!(updated["name"], "Example");
            assert_ne!(updated["updated_at"], profile["updated_at"], "{shape:?} {key}");
        }
    }
}

#[test]
fn an_update_in_a_shape_without_details_does_not_change_them() {
    for shape in SHAPES {
        let routes = WriteRoutes::of(shape);
        let profile = routes.client.create(&json!({"external_user_details": full()}));
        for (older, field) in [(Shape::V1, "external_id"), (Shape::V2, "external_id")] {
            let client = routes.app.client.speaking(older);
            client.update(id(&profile), &json!({field: format!("{older:?}"), "name": "Renamed"}));
            let mut expected = full();
            expected["reference_id"] = json!(format!("{older:?}"));
            assert_eq!(routes.client.retrieve(id(&profile))["external_user_details"], expected, "{shape:?} {older:?}");
        }
        // What cannot be cleared under this shape can under those.
        routes.app.client.update(id(&profile), &json!({"external_id": null}));
        assert_eq!(routes.client.retrieve(id(&profile))["external_user_details"]["reference_id"], json!(null));
    }
}
