//! Rate limits of organizations and keys. They are of one request an hour, so that no test depends on how fast it runs.

use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::limit::rate_limit::RateLimits;

use crate::support::accounts::limits;
use crate::support::client::{PROFILES, V1};
use crate::support::max_wait::until;
use crate::support::{Answer, Client, KeySpec, TestApp, Wire};

const REPLICAS: &str = "uprof_replicas";

fn limited(scope: &str, kind: &str) -> String {
    format!("uprof_rate_limited_requests_total{{scope=\"{scope}\",kind=\"{kind}\"}}")
}

fn read(client: &Client) -> Answer {
    client.get(PROFILES).send()
}

fn write(client: &Client) -> Answer {
    client.post(PROFILES).json(&json!({}))
}

/// A service whose organization has these limits.
fn with_limits(read: &str, write: &str) -> TestApp {
    let app = TestApp::start();
    app.accounts.limit(app.key.organization, limits(read, write));
    app
}

/// The headers of a limit: the most requests at once, how many are left, and when the limit is available in full.
fn standing(answer: &Answer) -> Option<(u32, u32, OffsetDateTime)> {
    let header = |name: &str| answer.header(&format!("anthropic-ratelimit-requests-{name}"));
    let reset = header("reset").map(|text| OffsetDateTime::parse(text, &Rfc3339).unwrap());
    Some((header("limit")?.parse().unwrap(), header("remaining")?.parse().unwrap(), reset?))
}

#[test]
fn a_burst_passes_and_the_next_request_is_refused_and_changes_nothing() {
    let app = with_limits("", "1/h burst 3");
    let before = SystemClock.now();
    for left in [2, 1, 0] {
        let answer = write(&app.client);
        assert_eq!(answer.status, 200);
        let (limit, remaining, reset) = standing(&answer).unwrap();
        assert_eq!((limit, remaining), (3, left));
        let hours = Duration::from_hours((3 - left).into());
        assert!(reset > before + hours && reset < before + hours + Duration::from_mins(5), "{reset}");
    }
    for _ in 0..2 {
        let answer = write(&app.client);
        let message = "The rate limit of this organization is 1/h burst 3 for requests that write";
        assert_eq!(answer.refused(429), message);
        assert_eq!(answer.body["error"]["type"], "rate_limit_error");
        let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3_300..=3_600).contains(&retry_after), "{retry_after}");
        assert_eq!(standing(&answer).map(|(limit, remaining, _)| (limit, remaining)), Some((3, 0)));
    }
    assert_eq!(app.database.count("user_profiles"), 3);
    assert_eq!(app.metrics().count(&limited("organization", "write")), 2);
}

#[test]
fn reads_and_writes_are_counted_apart_and_errors_count_too() {
    let app = with_limits("1/h burst 2", "1/h");
    app.client.post(PROFILES).json(&json!({"name": 1})).refused(400);
    write(&app.client).refused(429);
    let answer = app.client.get("/v1/nowhere").send();
    answer.refused(404);
    assert_eq!(standing(&answer).map(|(limit, remaining, _)| (limit, remaining)), Some((2, 1)));
    assert_eq!(read(&app.client).status, 200);
    read(&app.client).refused(429);
    app.client.with_beta("user-profiles-2000-01-01").get(PROFILES).send().refused(429);
}

#[test]
fn an_organization_without_a_limit_has_no_headers() {
    let app = with_limits("", "1/h burst 3");
    let answer = read(&app.client);
    assert_eq!((answer.status, standing(&answer)), (200, None));
    assert!(answer.headers.keys().all(|name| !name.as_str().contains("ratelimit")), "{:?}", answer.headers);
}

#[test]
fn the_headers_show_the_tighter_of_both_limits_and_a_refusal_costs_neither() {
    let app = with_limits("1/h burst 4", "");
    let rate_limits = RateLimits { read: "1/h burst 2".parse().ok(), write: None };
    let narrow = app.client.with_key(&app.another_key(KeySpec { rate_limits, ..KeySpec::default() }));
    let left = |answer: &Answer| standing(answer).map(|(limit, remaining, _)| (limit, remaining));
    assert_eq!(left(&read(&narrow)), Some((2, 1)));
    assert_eq!(left(&read(&narrow)), Some((2, 0)));
    for _ in 0..5 {
        let answer = read(&narrow);
        assert_eq!(answer.refused(429), "The rate limit of this API key is 1/h burst 2 for requests that read");
        assert_eq!(left(&answer), Some((2, 0)));
    }
    assert_eq!(left(&read(&app.client)), Some((4, 1)));
    assert_eq!(left(&read(&app.client)), Some((4, 0)));
    assert!(read(&app.client).refused(429).contains("this organization"));
    let metrics = app.metrics();
    assert_eq!((metrics.count(&limited("key", "read")), metrics.count(&limited("organization", "read"))), (5, 1));
}

#[test]
fn a_request_is_refused_before_its_body_is_read() {
    let app = with_limits("", "1/h");
    write(&app.client);
    let mut wire = Wire::connect(app.address);
    // The body that the head announces never comes.
    wire.send(format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nanthropic-beta: {V1}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n{{",
        app.key.secret
    ));
    wire.answer().refused(429);
}

#[test]
fn a_request_is_refused_without_the_database() {
    let app = with_limits("1/h", "");
    // The credential is cached for a moment only: the next attempt looks it up again.
    until("a refusal while the database stands still", || {
        read(&app.client);
        let locked = app.database.session("lock table organizations, api_keys, user_profiles in access exclusive mode");
        let status = read(&app.client).status;
        drop(locked);
        status == 429
    });
}

#[test]
fn another_organization_is_not_affected() {
    let app = with_limits("1/h", "1/h");
    let stranger = app.client.with_key(&app.strangers_key());
    for _ in 0..20 {
        read(&app.client);
        write(&app.client);
    }
    for _ in 0..5 {
        assert_eq!((read(&stranger).status, write(&stranger).status), (200, 200));
    }
}

#[test]
fn a_changed_limit_is_felt_by_every_replica_at_once() {
    let app = with_limits("1/h", "");
    let (other, replica) = app.another_replica();
    for client in [&app.client, &other] {
        read(client);
        read(client).refused(429);
    }
    app.accounts.limit(app.key.organization, limits("", ""));
    for client in [&app.client, &other] {
        until("the limit's end", || read(client).status == 200);
        assert_eq!(standing(&read(client)), None);
    }
    app.accounts.limit_key(&app.key, limits("1/h burst 2", ""));
    for client in [&app.client, &other] {
        until("the key's limit", || standing(&read(client)).is_some());
        until("its refusal", || read(client).status == 429);
    }
    drop((other, replica));
}

#[test]
fn replicas_divide_a_limit_and_one_that_remains_has_all_of_it() {
    let app = TestApp::start();
    assert_eq!(app.metrics().count(REPLICAS), 1);
    let (other, replica) = app.another_replica();
    until("the other replica to be counted", || app.metrics().count(REPLICAS) == 2);
    app.accounts.limit(app.key.organization, limits("", "1/h burst 6"));
    for client in [&app.client, &other] {
        until("the limit", || standing(&write(client)).is_some());
        until("its end", || write(client).status == 429);
        let (limit, remaining, _) = standing(&write(client)).unwrap();
        assert_eq!((limit, remaining), (3, 0));
    }
    drop((other, replica));
    until("the other replica to be gone", || app.metrics().count(REPLICAS) == 1);
    assert_eq!(standing(&write(&app.client)).map(|(limit, _, _)| limit), Some(6));
}

#[test]
fn a_replica_that_was_killed_counts_until_it_is_missed_and_its_row_is_deleted_later() {
    let app = TestApp::start();
    let killed = "00000000-0000-0000-0000-000000000007";
    app.database.seed(&format!("insert into replicas values ('{killed}', now(), now() + interval '1 hour')"));
    until("the replica to be counted", || app.metrics().count(REPLICAS) == 2);
    app.database.seed(&format!("update replicas set seen_at = now() - interval '1 minute' where id = '{killed}'"));
    until("the replica to be missed", || app.metrics().count(REPLICAS) == 1);
    assert_eq!(app.database.count("replicas"), 2);
    app.database.seed(&format!("update replicas set seen_at = now() - interval '1 hour' where id = '{killed}'"));
    until("its row to be deleted", || app.database.count("replicas") == 1);
}

#[test]
fn a_service_that_ends_leaves_no_replica_behind() {
    let app = TestApp::start();
    let (other, replica) = app.another_replica();
    assert_eq!(app.database.count("replicas"), 2);
    drop((other, replica));
    assert_eq!(app.database.count("replicas"), 1);
}

#[test]
fn a_key_creates_keys_with_its_own_limits_or_lower_ones() {
    let app = TestApp::start();
    let rate_limits = RateLimits { read: None, write: "9/h".parse().ok() };
    let issuer = app.client.with_key(&app.another_key(KeySpec { rate_limits, ..KeySpec::default() }));
    let create = |limits: Value| {
        let mut body = json!({"scopes": ["admin"]});
        body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        issuer.post("/v1/organizations/api_keys").json(&body)
    };
    let of = |answer: Value| (answer["read_limit"].clone(), answer["write_limit"].clone());
    assert_eq!(of(create(json!({})).ok()), (Value::Null, json!("9/h burst 9")));
    let lower = json!({"read_limit": "5/m", "write_limit": "9/h burst 2"});
    assert_eq!(of(create(lower).ok()), (json!("5/m burst 5"), json!("9/h burst 2")));
    for higher in ["10/h", "9/h burst 10", "1/s burst 1"] {
        let answer = create(json!({"write_limit": higher}));
        assert_eq!(answer.refused(403), "read_limit, write_limit: API key has lower rate limits itself");
    }
    let answer = create(json!({"read_limit": "fast", "write_limit": 5}));
    let reason =
        "Input should be requests per second, minute or hour, such as 500/s, 6000/m or 100/h, and at most 1000000";
    let message = format!("read_limit: {reason}; write_limit: Input should be a valid string");
    assert_eq!(answer.refused(400), message);
}
