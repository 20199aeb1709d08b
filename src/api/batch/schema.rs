//! The schemas of a batch and of its answer, and an example of the answer.

use serde_json::{Value, json};

use super::raw_request::MAX_CUSTOM_ID_CHARACTERS;
use crate::api::body::values::bounded;
use crate::api::wire::error::ErrorType;
use crate::api::wire::scalars::label_schema;
use crate::api::wire::schema::object;
use crate::domain::label::EnumLabel;
use crate::domain::profile::batch::MAX_WRITES;

const CUSTOM_ID: &str = "By which the result is found: unique within the batch.";

/// The body of a batch.
pub(in crate::api) fn requests_schema() -> Value {
    let request = |kind: &str, about: &str| {
        let params = schema(kind);
        let custom_id = bounded(1, MAX_CUSTOM_ID_CHARACTERS);
        let mut request = object([("custom_id", custom_id, CUSTOM_ID), ("params", params, about)]);
        request["additionalProperties"] = false.into();
        request
    };
    let create = request("CreateUserProfile", "The body of the create.");
    let mut update = request("UpdateUserProfile", "The body of the update.");
    let about = "The id of the profile to update. A malformed id names nothing, so nothing is found.";
    update["properties"]["user_profile_id"] = json!({"type": "string", "description": about});
    update["required"] = json!(["custom_id", "params", "user_profile_id"]);
    let items = json!({"oneOf": [create, update]});
    let requests = json!({"type": "array", "items": items, "minItems": 1, "maxItems": MAX_WRITES});
    let mut body = object([("requests", requests, "What is to be done: creates, and updates of profiles.")]);
    body["additionalProperties"] = false.into();
    body
}

/// The answer to a batch.
pub(in crate::api) fn answer_schema() -> Value {
    let count = json!({"type": "integer"});
    let counts = object([
        ("succeeded", count.clone(), "How many requests were done."),
        ("errored", count, "How many requests were refused, and changed nothing."),
    ]);
    let kind = |label: &str| json!({"type": "string", "enum": [label]});
    let about = "What became of the request.";
    let succeeded = object([
        ("type", kind("succeeded"), about),
        ("user_profile", schema("UserProfile"), "The profile after the create or the update."),
    ]);
    let error = object([
        ("type", label_schema::<ErrorType>(), "By which clients tell errors apart."),
        ("message", json!({"type": "string"}), "What is wrong, as the single request would answer."),
    ]);
    let errored = object([("type", kind("errored"), about), ("error", error, "Why the request was refused.")]);
    let result = object([
        ("custom_id", json!({"type": "string"}), "That of the request."),
        ("result", json!({"oneOf": [succeeded, errored]}), about),
    ]);
    object([
        ("type", kind("user_profile_batch"), "What kind of object this is."),
        ("request_counts", counts, "How many requests were done and refused."),
        ("results", json!({"type": "array", "items": result}), "The results, in the order of the requests."),
    ])
}

/// An answer of which the first request was done, with the answer `profile`, and the second was refused.
pub(in crate::api) fn example(profile: &Value) -> Value {
    let error = json!({"type": ErrorType::NotFound.as_str(), "message": "User profile not found"});
    json!({
        "type": "user_profile_batch",
        "request_counts": {"succeeded": 1, "errored": 1},
        "results": [
            {"custom_id": "row-1", "result": {"type": "succeeded", "user_profile": profile}},
            {"custom_id": "row-2", "result": {"type": "errored", "error": error}},
        ],
    })
}

/// The schema with that name.
fn schema(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}
