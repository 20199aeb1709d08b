//! Quotas of API keys, open links and profiles.

use std::thread;

use serde_json::{Value, json};
use uprof::domain::limit::quota::QuotasPatch;
use uprof::domain::profile::change::Change;

use crate::support::client::{PROFILES, id, path};
use crate::support::max_wait::until;
use crate::support::{Answer, Client, TestApp};

const KEYS: &str = "/v1/organizations/api_keys";

/// A service whose organization has these quotas, and its client of ga, which documents conflicts.
fn with_quotas(quotas: QuotasPatch) -> (TestApp, Client) {
    let app = TestApp::start();
    app.accounts.set_quotas(app.key.organization, quotas);
    let client = app.client.without_beta().with_version("2026-10-21");
    (app, client)
}

fn create_key(client: &Client) -> Answer {
    client.post(KEYS).json(&json!({"scopes": ["admin"]}))
}

fn create(client: &Client) -> Answer {
    client.post(PROFILES).json(&json!({}))
}

fn statuses(number: usize, call: impl Fn() -> Answer + Sync) -> (usize, usize) {
    let answers: Vec<u16> = thread::scope(|scope| {
        let calls: Vec<_> = (0..number).map(|_| scope.spawn(|| call().status)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let count = |status| answers.iter().filter(|other| **other == status).count();
    assert_eq!(count(200) + count(409), number, "{answers:?}");
    (count(200), count(409))
}

#[test]
fn concurrent_creates_of_keys_do_not_exceed_the_quota_and_a_revocation_makes_room() {
    let (app, client) = with_quotas(QuotasPatch { api_keys: Change::Set(4), ..QuotasPatch::default() });
    // One is the organization's key.
    assert_eq!(statuses(12, || create_key(&client)), (3, 9));
    let refused = create_key(&client);
    assert_eq!(refused.refused(409), "The quota of this organization is reached: it may have at most 4 API keys");
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    assert_eq!(app.database.count("api_keys"), 4);
    let listed = client.get(&format!("{KEYS}?order=desc")).send().ok();
    client.delete(&format!("{KEYS}/{}", id(&listed["data"][0]))).send().ok();
    create_key(&client).ok();
    create_key(&client).refused(409);
    app.accounts.set_quotas(app.key.organization, QuotasPatch { api_keys: Change::Clear, ..QuotasPatch::default() });
    create_key(&client).ok();
}

#[test]
fn concurrent_creates_of_profiles_do_not_exceed_the_quota_of_one_replica() {
    let (app, client) = with_quotas(QuotasPatch { profiles: Change::Set(10), ..QuotasPatch::default() });
    for _ in 0..2 {
        create(&client).ok();
    }
    assert_eq!(statuses(24, || create(&client)), (8, 16));
    let refused = create(&client);
    assert_eq!(refused.refused(409), "The quota of this organization is reached: it may have at most 10 user profiles");
    assert_eq!(app.database.count("user_profiles"), 10);
    // Others are not affected.
    app.client.with_key(&app.strangers_key()).create(&json!({}));
    let profile = client.list("limit=1")["data"][0].clone();
    client.delete(&path(id(&profile))).send().ok();
    until("room", || create(&client).status == 200);
    app.accounts.set_quotas(app.key.organization, QuotasPatch { profiles: Change::Clear, ..QuotasPatch::default() });
    until("no quota", || create(&client).status == 200);
}

#[test]
fn a_replay_is_answered_while_the_quota_is_reached() {
    let (app, client) = with_quotas(QuotasPatch { profiles: Change::Set(1), ..QuotasPatch::default() });
    let create = |key: &str, body: &Value| client.post(PROFILES).header("idempotency-key", key).json(body);
    let first = create("one", &json!({})).ok();
    create("two", &json!({})).refused(409);
    let replay = create("one", &json!({}));
    assert!(replay.is_replay());
    assert_eq!(replay.ok(), first);
    create("one", &json!({"name": "Other"})).refused(400);
    assert_eq!(app.database.count("user_profiles"), 1);
}

#[test]
fn open_links_have_a_quota_and_used_ones_do_not_count() {
    let (app, client) = with_quotas(QuotasPatch { open_links: Change::Set(3), ..QuotasPatch::default() });
    let profile = client.create(&json!({}));
    let links = format!("{}/enrollment_url", path(id(&profile)));
    let link = || client.post(&links).send();
    assert_eq!(statuses(9, link), (3, 6));
    assert_eq!(
        link().refused(409),
        "The quota of this organization is reached: it may have at most 3 open enrollment links"
    );
    app.database
        .seed("update enrollments set used_at = now() where id = (select min(id::text)::uuid from enrollments)");
    until("room", || link().status == 200);
    link().refused(409);
}
