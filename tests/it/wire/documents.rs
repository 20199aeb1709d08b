//! The OpenAPI documents: the service does what they say, for those that it should.

use serde_json::{Value, json};
use uprof::api::ApiVersion;
use uprof::api::document::{ApiDocument, document_text};
use uprof::domain::credential::api_key::Scope;
use uprof::domain::label::EnumLabel;
use ureq::http::Method;

use crate::support::answer::NDJSON;
use crate::support::client::id;
use crate::support::document::{DOCUMENTS, Operation, operations, resolved};
use crate::support::routes::{Route, filled};
use crate::support::schema::violations;
use crate::support::{Answer, Client, KeySpec, Shape, TestApp, Wire};

/// Does what `operation` says, with the example of its body.
fn exercise(client: &Client, operation: &Operation, profile: &str) -> Answer {
    let path = filled(operation.path, profile);
    let mut call = client.call(operation.method.parse::<Method>().unwrap(), &path);
    for parameter in operation.described["parameters"].as_array().unwrap() {
        let parameter = resolved(operation.document, parameter);
        if parameter["required"] == true {
            call = call.header(parameter["name"].as_str().unwrap(), parameter["schema"]["enum"][0].as_str().unwrap());
        }
    }
    match &operation.described["requestBody"]["content"]["application/json"]["example"] {
        Value::Null => call.send(),
        example => call.json(example),
    }
}

#[test]
fn every_documented_operation_does_what_its_document_says() {
    let app = TestApp::start();
    let key = app.another_key(KeySpec { scopes: Scope::ALL.to_vec(), ..KeySpec::default() });
    let client = app.client.with_key(&key).without_beta();
    for (subject, document) in DOCUMENTS.iter() {
        let mut count = 0;
        for operation in operations(document) {
            let profile = app.with_everything();
            exercise(&client, &operation, id(&profile)).ok();
            count += 1;
        }
        let routes = Route::all();
        let theirs = routes.iter().filter(|route| match subject {
            ApiDocument::Version(version) => {
                let has_it = |first: Shape| ApiVersion::from_label(first.label()) <= Some(*version);
                route.scope != Scope::Admin && route.documented.or(route.first).is_none_or(has_it)
            }
            ApiDocument::Operator => route.scope == Scope::Admin,
        });
        assert_eq!(count, theirs.count(), "{subject:?}");
    }
}

#[test]
fn a_missing_key_is_refused_by_every_documented_operation() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    for (_, document) in DOCUMENTS.iter() {
        for operation in operations(document) {
            let stranger = app.client.without_key().without_beta();
            exercise(&stranger, &operation, id(&profile)).refused(401);
        }
    }
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn every_example_of_an_answer_matches_its_schema() {
    let mut count = 0;
    for (_, document) in DOCUMENTS.iter() {
        for operation in operations(document) {
            for answer in operation.described["responses"].as_object().unwrap().values() {
                let content = &resolved(document, answer)["content"];
                let content = content.get(NDJSON).unwrap_or(&content["application/json"]);
                assert_eq!(
                    violations(document, &content["schema"], &content["example"]),
                    [""; 0],
                    "{}",
                    operation.path
                );
                count += 1;
            }
        }
    }
    assert!(count > 4 * 7 * 7, "{count}");
}

#[test]
fn the_documents_need_no_key_and_are_not_sent_again_to_a_cache() {
    let app = TestApp::start();
    let stranger = app.client.without_key().without_beta();
    for subject in ApiDocument::ALL {
        let path = format!("/openapi/{}.json", subject.as_str());
        let answer = stranger.get(&path).send();
        assert_eq!(answer.body, serde_json::from_str::<Value>(&document_text(*subject)).unwrap());
        let tag = answer.header("etag").unwrap();
        let mut wire = Wire::connect(app.address);
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nif-none-match: \"x\", {tag}\r\n\r\n"));
        assert_eq!(wire.head().0, 304);
    }
    for path in ["/openapi/2025-01-01.json", "/openapi/ga", "/openapi/.json", "/openapi"] {
        assert_eq!(stranger.get(path).send().refused(404), "Not found", "{path}");
    }
}

#[test]
fn an_undocumented_answer_fails_a_test() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    let (_, document) = &DOCUMENTS[0];
    let schema = json!({"$ref": "#/components/schemas/UserProfile"});
    let found = |change: &dyn Fn(&mut Value)| {
        let mut changed = profile.clone();
        change(&mut changed);
        violations(document, &schema, &changed)
    };
    assert_eq!(found(&|_| ()), [""; 0]);
    assert_eq!(found(&|profile| profile["new"] = json!(1)), ["/new: not documented"]);
    assert_eq!(found(&|profile| _ = profile.as_object_mut().unwrap().remove("name")), [": \"name\" is missing"]);
    for (field, wrong) in [
        ("id", json!("uprof_1")),
        ("name", json!(1)),
        ("metadata", json!({"plan": null})),
        ("type", json!("user")),
        ("relationship", json!(null)),
        ("created_at", json!("2026-03-15T10:00:00+00:00")),
        ("trust_grants", json!({"cyber": {"status": "active", "since": "2026"}})),
    ] {
        assert_ne!(found(&|profile| profile[field] = wrong.clone()), [""; 0], "{field} {wrong}");
    }
}
