//! The rules of single fields: the same ones on create and on update.

use serde_json::{Value, json};

use crate::support::{Shape, WriteRoutes};

const NOT_A_STRING: &str = "Input should be a valid string";
const TOO_SHORT: &str = "String should have at least 1 character";
const TOO_LONG: &str = "String should have at most 255 characters";

#[test]
fn names_and_external_ids_hold_255_characters_whatever_their_bytes() {
    let routes = WriteRoutes::of(Shape::V1);
    for field in ["name", "external_id"] {
        for character in ["x", "é", "漢", "😀"] {
            let body = json!({field: character.repeat(256)});
            assert_eq!(routes.create(&body).refused(400), format!("{field}: {TOO_LONG}"));
            assert_eq!(routes.update(&body).refused(400), format!("{field}: {TOO_LONG}"));
            let body = json!({field: character.repeat(255)});
            assert_eq!(routes.create(&body).ok()[field], body[field]);
            assert_eq!(routes.update(&body).ok()[field], body[field]);
        }
        // A letter and its accent are two characters.
        let body = json!({field: "e\u{301}".repeat(128)});
        assert_eq!(routes.create(&body).refused(400), format!("{field}: {TOO_LONG}"));
    }
}

#[test]
fn an_empty_text_is_refused() {
    let routes = WriteRoutes::of(Shape::V1);
    routes.refuse(&json!({"name": ""}), &format!("name: {TOO_SHORT}"));
    routes.refuse(&json!({"external_id": ""}), &format!("external_id: {TOO_SHORT}"));
}

#[test]
fn a_field_of_another_type_is_refused() {
    let routes = WriteRoutes::of(Shape::V1);
    for value in [json!(1), json!(-0.5), json!(1e300), json!(true), json!(["x"]), json!({"x": "y"})] {
        for field in ["name", "external_id", "relationship"] {
            routes.refuse(&json!({field: value}), &format!("{field}: {NOT_A_STRING}"));
        }
    }
    for value in [json!(1), json!(false), json!("plan=pro"), json!([]), json!([["plan", "pro"]])] {
        routes.refuse(&json!({"metadata": value}), "metadata: Input should be a valid object");
    }
}

#[test]
fn a_relationship_is_one_of_three_labels() {
    let routes = WriteRoutes::of(Shape::V1);
    for word in ["", "External", "external ", "application", "exte\u{301}rnal"] {
        let reasons = "relationship: Input should be one of `external`, `resold`, `internal`";
        routes.refuse(&json!({"relationship": word}), reasons);
    }
}

#[test]
fn a_nul_character_is_refused_wherever_it_stands() {
    let routes = WriteRoutes::of(Shape::V1);
    let nul = "String should not contain a NUL character";
    routes.refuse(&json!({"name": "\0"}), &format!("name: {nul}"));
    routes.refuse(&json!({"name": "Exa\0mple"}), &format!("name: {nul}"));
    routes.refuse(&json!({"external_id": "x\0"}), &format!("external_id: {nul}"));
    routes.refuse(&json!({"metadata": {"plan": "\0pro"}}), &format!("metadata.plan: {nul}"));
    routes.refuse(&json!({"metadata": {"pl\0an": "pro"}}), &format!("metadata.pl\0an: Key: {nul}"));
}

#[test]
fn all_violations_are_in_one_answer_by_path() {
    let routes = WriteRoutes::of(Shape::V1);
    let body = json!({
        "name": 7,
        "external_id": "",
        "relationship": "friend",
        "metadata": {"a": 1, "b": "x".repeat(513), "": "empty", "fine": "yes"},
        "plan": "pro",
        "access_type": "application",
    });
    let reasons = [
        "access_type: not accepted under user-profiles-2026-03-24",
        "external_id: String should have at least 1 character",
        "metadata.: Key: String should have at least 1 character",
        "metadata.a: Input should be a valid string",
        "metadata.b: String should have at most 512 characters",
        "name: Input should be a valid string",
        "plan: Extra inputs are not permitted",
        "relationship: Input should be one of `external`, `resold`, `internal`",
    ];
    routes.refuse(&body, &reasons.join("; "));
}

#[test]
fn an_unknown_key_is_refused_even_if_it_is_null() {
    let routes = WriteRoutes::of(Shape::V1);
    for key in ["plan", "Name", "name ", "id", "type", "created_at", "updated_at", "trust_grants", "programs", "$ref"] {
        routes.refuse(&json!({key: null}), &format!("{key}: Extra inputs are not permitted"));
    }
}

#[test]
fn a_key_of_another_shape_is_refused_by_the_name_of_this_one() {
    let routes = WriteRoutes::of(Shape::V1);
    for key in ["access_type", "external_user_details", "external_user_onboarded_at"] {
        for value in [json!(null), json!("passthrough"), json!({})] {
            routes.refuse(&json!({key: value}), &format!("{key}: not accepted under user-profiles-2026-03-24"));
        }
    }
}

#[test]
fn an_answer_does_not_grow_with_the_number_and_length_of_wrong_keys() {
    let routes = WriteRoutes::of(Shape::V1);
    let keys = (0..2_000).map(|number| (format!("{number}{}", "k".repeat(80)), json!(1)));
    let answer = routes.create(&Value::Object(keys.collect()));
    let message = answer.refused(400);
    assert!(message.len() < 10_000, "{} bytes", message.len());
    assert!(message.ends_with("and 1968 more"), "{message}");
}
