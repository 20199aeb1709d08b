//! Batches, as clients send them.

use serde_json::{Value, json};

use crate::support::{Answer, Client};

pub(super) const BATCH: &str = "/v1/user_profiles/batch";

/// A request that creates a profile.
pub(super) fn create(custom_id: &str, params: Value) -> Value {
    let mut request = json!({"custom_id": custom_id});
    request["params"] = params;
    request
}

/// A request that updates the profile `id`.
pub(super) fn update(custom_id: &str, id: &str, params: Value) -> Value {
    let mut request = create(custom_id, params);
    request["user_profile_id"] = id.into();
    request
}

/// The body with `requests`.
pub(super) fn body(requests: &[Value]) -> Value {
    json!({"requests": requests})
}

/// Sends a batch.
#[track_caller]
pub(super) fn send(client: &Client, requests: &[Value]) -> Answer {
    client.post(BATCH).json(&body(requests))
}

/// The results of a batch, which must be answered. Checks the custom ids and the counts.
#[track_caller]
pub(super) fn results(client: &Client, requests: &[Value]) -> Vec<Value> {
    results_of(&send(client, requests).ok(), requests)
}

/// The results in the answer to `requests`.
#[track_caller]
pub(super) fn results_of(answer: &Value, requests: &[Value]) -> Vec<Value> {
    let results = answer["results"].as_array().unwrap();
    let custom_ids = |items: &[Value]| items.iter().map(|item| item["custom_id"].clone()).collect::<Vec<_>>();
    assert_eq!(custom_ids(results), custom_ids(requests));
    let results: Vec<_> = results.iter().map(|result| result["result"].clone()).collect();
    let succeeded = results.iter().filter(|result| result["type"] == "succeeded").count();
    let counts = json!({"succeeded": succeeded, "errored": results.len() - succeeded});
    assert_eq!(answer["request_counts"], counts);
    assert_eq!(answer["type"], "user_profile_batch");
    results
}

/// The profile of a result that must be a success.
#[track_caller]
pub(super) fn profile(result: &Value) -> &Value {
    assert_eq!(result["type"], "succeeded", "{result}");
    &result["user_profile"]
}
