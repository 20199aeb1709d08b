//! Every POST, asked for again under its idempotency key.

use std::thread;

use serde_json::json;
use uprof::domain::credential::api_key::Scope;
use ureq::http::Method;

use crate::support::client::{PROFILES, id};
use crate::support::routes::Route;
use crate::support::rows::hexadecimal;
use crate::support::{KeySpec, TestApp};

/// The length of the secret part of a link.
const TOKEN: usize = 43;

#[test]
fn every_post_is_executed_once_under_its_key_and_stores_no_secret_of_its_answer() {
    let app = TestApp::start();
    let colleague = app.client.with_key(&app.another_key(KeySpec::default()));
    for route in Route::all().iter().filter(|route| route.method == Method::POST) {
        let profile = app.with_everything();
        let id = id(&profile);
        let key = format!("{} {id}", route.path);
        let first = route.take_once(&app.client, id, &key);
        assert!(!first.is_replay(), "{key}");
        let first = first.ok();
        let again = route.take_once(&app.client, id, &key);
        assert!(again.is_replay(), "{key}");
        assert_eq!(again.ok(), first, "{key}");

        let token = first["url"].as_str().and_then(|url| url.rsplit('/').next()).filter(|token| token.len() == TOKEN);
        let secrets = [token, first["key"].as_str(), first["signing_secret"].as_str()];
        let secrets: Vec<_> = secrets.into_iter().flatten().collect();
        let dump = app.database.dump();
        for secret in &secrets {
            assert!(!dump.contains(secret) && !dump.contains(&hexadecimal(secret)), "{key} stores a secret");
        }
        // What holds no secret, a colleague may read as well.
        let theirs = route.take_once(&colleague, id, &key);
        if secrets.is_empty() {
            assert_eq!(theirs.ok(), first, "{key}");
        } else {
            theirs.refused(400);
        }
    }
}

#[test]
fn a_refused_post_leaves_its_key_free() {
    let app = TestApp::start();
    let powerless = app.client.with_key(&app.another_key(KeySpec { scopes: Vec::new(), ..KeySpec::default() }));
    for route in Route::all().iter().filter(|route| route.method == Method::POST) {
        let profile = app.with_everything();
        route.take_once(&powerless, id(&profile), route.path).refused(403);
        if route.names_an_object() {
            route.take_once(&app.client, "uprof_01AAAAAAAAAAAAAAAAAAAAAA", route.path).refused(404);
        }
        assert!(!route.take_once(&app.client, id(&profile), route.path).is_replay(), "{}", route.path);
    }
    assert!(Route::all().iter().any(|route| route.method == Method::POST && route.scope == Scope::Admin));
}

#[test]
fn a_replay_that_fails_does_not_fail_the_creates_beside_it() {
    let app = TestApp::with(&["--statement-timeout=100ms"]);
    let keyed = |key: &str| app.client.post(PROFILES).header("idempotency-key", key).json(&json!({}));
    let keys = ["heavy-1", "heavy-2", "heavy-3", "heavy-4"];
    for key in keys {
        keyed(key).ok();
    }
    // An answer that takes longer to read than a statement may run.
    app.database.execute("update idempotency_keys set answer = convert_to(repeat('x', 100000000), 'UTF8')");
    thread::scope(|scope| {
        for key in keys {
            let keyed = &keyed;
            scope.spawn(move || (0..5).for_each(|_| _ = keyed(key).refused(504)));
        }
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| _ = app.client.create(&json!({}))));
        }
    });
    assert_eq!(app.database.count("user_profiles"), 84);
}
