//! The harness itself.

use serde_json::json;

use crate::support::client::{PROFILES, id};
use crate::support::{TestApp, Wire};

#[test]
fn concurrent_services_share_nothing() {
    let (one, other) = (TestApp::start(), TestApp::start());
    let profile = one.client.create(&json!({"name": "Example"}));
    assert_eq!(one.client.retrieve(id(&profile)), profile);
    assert_eq!(one.client.list("")["data"], json!([profile]));
    assert_eq!(other.client.with_key(&one.key).get(PROFILES).send().refused(401), "Invalid API key");
    assert_eq!(other.client.list("")["data"], json!([]));
}

#[test]
fn a_bare_connection_reads_the_same_answers() {
    let app = TestApp::start();
    let mut wire = Wire::connect(app.address);
    wire.send(format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", app.key.secret));
    assert_eq!(wire.answer().ok(), json!({"data": [], "next_page": null}));
}
