//! The envelope: only what is wrong with it fails a batch.

use serde_json::json;

use super::requests::{BATCH, body, create, send};
use crate::support::{Shape, TestApp};

#[test]
fn a_faulty_envelope_is_refused_and_nothing_is_done() {
    let app = TestApp::start();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        let good = create("good", json!({"name": "Good"}));
        for (envelope, message) in [
            (json!([]), "body: Input should be a valid object".to_owned()),
            (json!({}), "requests: Field required".to_owned()),
            (json!({"requests": []}), "requests: Array should have at least 1 item".to_owned()),
            (json!({"requests": {}}), "requests: Input should be a valid array".to_owned()),
            (json!({"requests": [good], "atomic": true}), "atomic: Extra inputs are not permitted".to_owned()),
            (json!({"requests": [good, good]}), "requests.1.custom_id: Value is repeated".to_owned()),
            (json!({"requests": [good, "x"]}), "requests.1: Input should be a valid object".to_owned()),
            (json!({"requests": [good, {"params": {}}]}), "requests.1.custom_id: Field required".to_owned()),
            (
                json!({"requests": [good, {"custom_id": "x".repeat(65), "params": {}}]}),
                "requests.1.custom_id: String should have at most 64 characters".to_owned(),
            ),
            (
                json!({"requests": [good, {"custom_id": 1, "user_profile_id": null}]}),
                "requests.1.custom_id: Input should be a valid string; requests.1.params: Field required; \
                 requests.1.user_profile_id: Input should be a valid string"
                    .to_owned(),
            ),
            (
                json!({"requests": [{"custom_id": "a", "params": {}, "id": "b"}]}),
                "requests.0.id: Extra inputs are not permitted".to_owned(),
            ),
        ] {
            assert_eq!(client.post(BATCH).json(&envelope).refused(400), message, "{envelope}");
        }
    }
    assert_eq!(app.database.count("user_profiles"), 0);
}

#[test]
fn bytes_that_are_no_batch_are_refused() {
    let app = TestApp::start();
    let deep = "[".repeat(100_000);
    for text in ["", "{", "nul", r#"{"requests":[{"custom_id":"a","params":{"name":"b"}}"#, &deep] {
        let refused = app.client.post(BATCH).json_text(text);
        assert!(refused.refused(400).starts_with("body: Invalid JSON: "), "{text:.20}");
    }
    // Within a request, what is no JSON to the single request fails alone.
    for params in
        [r#"{"name":"a","name":"b"}"#, r#"{"name":"\ud800"}"#, &format!("{}{}", "[".repeat(200), "]".repeat(200))]
    {
        let text =
            format!(r#"{{"requests":[{{"custom_id":"a","params":{params}}},{{"custom_id":"b","params":{{}}}}]}}"#);
        let answer = app.client.post(BATCH).json_text(text).ok();
        assert_eq!(answer["request_counts"], json!({"succeeded": 1, "errored": 1}));
        let single = app.client.post("/v1/user_profiles").json_text(params);
        assert_eq!(answer["results"][0]["result"]["error"]["message"], *single.refused(400));
    }
    let text = body(&[create("a", json!({}))]).to_string();
    let typed = app.client.post(BATCH).header("content-type", "text/plain").body(text).send();
    assert_eq!(typed.refused(400), "content-type: Input should be application/json");
    assert_eq!(app.database.count("user_profiles"), 3);
}

#[test]
fn a_thousand_requests_are_the_most() {
    let app = TestApp::start();
    let requests: Vec<_> = (0..1_001).map(|at| create(&at.to_string(), json!({}))).collect();
    assert_eq!(send(&app.client, &requests).refused(400), "requests: Array should have at most 1000 items");
    assert_eq!(app.database.count("user_profiles"), 0);
}
