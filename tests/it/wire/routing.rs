//! Paths and methods, known and unknown.

use serde_json::json;
use ureq::http::Method;

use crate::support::client::{PROFILES, id, path};
use crate::support::{TestApp, Wire};

#[test]
fn an_unsupported_method_is_answered_with_the_supported_ones() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let others = [Method::PUT, Method::PATCH, Method::OPTIONS, Method::TRACE];
    let paths = [
        (PROFILES.to_owned(), "GET, HEAD, POST"),
        (path(id(&profile)), "GET, HEAD, POST, DELETE"),
        (path("malformed"), "GET, HEAD, POST, DELETE"),
        ("/health/live".to_owned(), "GET, HEAD"),
        ("/health/ready".to_owned(), "GET, HEAD"),
    ];
    for (path, allowed) in &paths {
        for method in &others {
            let answer = app.client.call(method.clone(), path).send();
            assert_eq!(answer.refused(405), "Method not allowed", "{method} {path}");
            assert_eq!(answer.header("allow"), Some(*allowed), "{method} {path}");
        }
    }
    assert_eq!(app.client.delete(PROFILES).send().header("allow"), Some("GET, HEAD, POST"));
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn an_unknown_method_is_not_allowed_on_any_path() {
    let app = TestApp::start();
    for method in ["BREW", "get", "Post", "PROPFIND"] {
        let mut wire = Wire::connect(app.address);
        wire.send(format!("{method} {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", app.key.secret));
        wire.answer().refused(405);
    }
}

#[test]
fn a_head_request_is_answered_as_a_get_without_its_body() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let key = &app.key.secret;
    let paths = [
        PROFILES.to_owned(),
        path(id(&profile)),
        path("malformed"),
        "/v1/organizations/events".to_owned(),
        "/health/live".to_owned(),
        "/health/ready".to_owned(),
        "/openapi/ga.json".to_owned(),
    ];
    let mut wire = Wire::connect(app.address);
    for path in paths {
        wire.send(format!("HEAD {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n"));
        let (status, mut headers) = wire.head();
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n"));
        let answer = wire.answer();
        assert!(headers.remove("request-id").is_some());
        assert_eq!(status, answer.status, "{path}");
        for (name, value) in &headers {
            if name != "date" {
                assert_eq!(answer.header(name.as_str()), value.to_str().ok(), "{path}: {name}");
            }
        }
    }
}

#[test]
fn no_answer_with_data_is_stored_by_a_cache_or_read_as_another_type() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let answers = [
        app.client.get(PROFILES).send(),
        app.client.get(&path(id(&profile))).send(),
        app.client.get(&path("malformed")).send(),
        app.client.get("/nowhere").send(),
        app.client.delete(&path(id(&profile))).send(),
    ];
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn an_unknown_path_is_not_found() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let paths = [
        "/v1".to_owned(),
        "/v1/".to_owned(),
        "/v2/user_profiles".to_owned(),
        "/v1/user_profiles/".to_owned(),
        "/v1//user_profiles".to_owned(),
        "//v1/user_profiles".to_owned(),
        "/V1/user_profiles".to_owned(),
        "/v1/user-profiles".to_owned(),
        "/v1/user_profilesx".to_owned(),
        "/v1/../v1/user_profiles".to_owned(),
        "/v1/user_profiles;a=b".to_owned(),
        format!("{}/", path(id(&profile))),
        format!("{}/unknown", path(id(&profile))),
        "/health".to_owned(),
        "/health/".to_owned(),
        "/health/live/".to_owned(),
        "/favicon.ico".to_owned(),
        "/%FF".to_owned(),
        format!("/{}", "x".repeat(20_000)),
    ];
    for path in &paths {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT] {
            let answer = app.client.call(method.clone(), path).send();
            assert_eq!(answer.refused(404), "Not found", "{method} {path:.60}");
        }
    }
}

#[test]
fn probes_need_no_key_and_no_version() {
    let app = TestApp::start();
    let stranger = app.client.without_key().with_beta("user-profiles-2025-01-01");
    assert_eq!(stranger.get("/health/live").send().ok(), json!({"status": "live"}));
    assert_eq!(stranger.get("/health/ready").send().ok(), json!({"status": "ready"}));
}

#[test]
fn every_answer_has_a_unique_request_id() {
    let app = TestApp::start();
    let mut ids: Vec<_> = (0..20)
        .map(|number| {
            let paths = [PROFILES, "/nowhere", "/health/live", "/v1/user_profiles/x"];
            app.client.get(paths[number % paths.len()]).send().header("request-id").unwrap().to_owned()
        })
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

#[test]
fn a_request_id_of_the_caller_is_ignored() {
    let app = TestApp::start();
    let answer = app.client.get(PROFILES).header("request-id", "req_011111111111111111111111").send();
    assert_ne!(answer.header("request-id"), Some("req_011111111111111111111111"));
}
