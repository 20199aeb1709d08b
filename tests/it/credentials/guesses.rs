//! Guesses of keys and links wait for each other, and no tenant waits for them.

use std::thread;

use serde_json::json;
use uprof::domain::credential::api_key::ApiKeySecret;
use uprof::domain::random::{Randomness, SystemRandomness};
use uprof::domain::trust::enrollment::LinkToken;

use crate::support::client::{PROFILES, path};
use crate::support::max_wait::until;
use crate::support::page::Page;
use crate::support::{Client, Key, KeySpec, TestApp};

const KNOWN: &str = "uprof_api_keys_known";
const LOOKUPS: &str = "uprof_api_key_lookups_total";
const REFUSED: &str = "uprof_api_key_guesses_refused_total";
const REFUSED_LINKS: &str = "uprof_enrollment_guesses_refused_total";
const IN_USE: &str = "uprof_database_connections{state=\"in_use\"}";

/// A service that knows its organization's key, and waits for locks longer than guesses wait for each other.
fn ready() -> TestApp {
    let app = TestApp::with(&["--statement-timeout=20s", "--lock-timeout=20s"]);
    until("the key to be known", || app.metrics().count(KNOWN) == 1);
    app
}

fn with_secret(app: &TestApp, secret: &ApiKeySecret) -> Client {
    app.client.with_key(&Key { secret: secret.expose().to_owned(), ..app.key.clone() })
}

#[test]
fn guesses_of_keys_wait_for_each_other_and_keys_that_exist_do_not_wait_for_them() {
    let app = ready();
    let known = app.another_key(KeySpec::default());
    until("the new key to be known", || app.metrics().count(KNOWN) == 2);
    let before = app.metrics().count(LOOKUPS);
    let locked = app.database.session("lock table api_keys in access exclusive mode");
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guess = || {
            let secret = ApiKeySecret::from_random(SystemRandomness.bits().unwrap());
            let answer = with_secret(&app, &secret).get(PROFILES).send();
            if answer.status == 503 {
                assert_eq!(answer.refused(503), "Too many unknown credentials are tried; retry later");
                assert!(answer.header("retry-after").is_some());
            }
            answer.status
        };
        let guesses: Vec<_> = (0..8).map(|_| scope.spawn(guess)).collect();
        until("the guesses whose turn does not come", || app.metrics().count(REFUSED) == 6);
        assert_eq!(app.metrics().count(LOOKUPS), before + 2);
        let tenant = scope.spawn(|| app.client.with_key(&known).list(""));
        until("the tenant's turn", || app.metrics().count(LOOKUPS) == before + 3);
        drop(locked);
        tenant.join().unwrap();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let count = |status| statuses.iter().filter(|other| **other == status).count();
    assert_eq!((count(503), count(401)), (6, 2));
}

#[test]
fn an_unknown_key_is_not_looked_up_each_time_and_works_as_soon_as_it_exists() {
    let app = ready();
    let secret = ApiKeySecret::from_random([7; 32]);
    let client = with_secret(&app, &secret);
    let before = app.metrics().count(LOOKUPS);
    for _ in 0..20 {
        assert_eq!(client.get(PROFILES).send().refused(401), "Invalid API key");
    }
    assert!(app.metrics().count(LOOKUPS) <= before + 10, "it is looked up each time");
    app.database.seed(&format!(
        "insert into api_keys (organization_id, id, hash, last_four, scopes, created_at)
         values ('{}', '00000000-0000-0000-0000-000000000007', sha256('{}'), '0000', array['profiles:read'], now())",
        app.key.organization.uuid(),
        secret.expose()
    ));
    until("the key", || client.get(PROFILES).send().status == 200);
}

#[test]
fn guesses_of_links_wait_for_each_other_and_a_link_that_exists_does_not_wait_for_them() {
    let app = ready();
    let profile = app.client.create(&json!({}));
    let create = format!("{}/enrollment_url", path(profile["id"].as_str().unwrap()));
    let link = app.client.post(&create).json(&json!({})).ok()["url"].as_str().unwrap().to_owned();
    let (base, _) = link.rsplit_once('/').unwrap();
    let locked = app.database.session("lock table enrollments in access exclusive mode");
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guess = || {
            let token = LinkToken::from_random(SystemRandomness.bits().unwrap());
            Page::open(&format!("{base}/{}", token.expose())).status
        };
        let guesses: Vec<_> = (0..5).map(|_| scope.spawn(guess)).collect();
        until("the guesses whose turn does not come", || app.metrics().count(REFUSED_LINKS) == 3);
        let visitor = scope.spawn(|| Page::open(&link).status);
        until("the turn of the link that exists", || app.metrics().count(IN_USE) == 3);
        drop(locked);
        assert_eq!(visitor.join().unwrap(), 200);
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let count = |status| statuses.iter().filter(|other| **other == status).count();
    assert_eq!((count(503), count(404)), (3, 2));
}
