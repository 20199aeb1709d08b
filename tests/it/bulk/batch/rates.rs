//! What batches cost: as much as the single requests.

use serde_json::json;
use uprof::domain::limit::quota::QuotasPatch;
use uprof::domain::profile::change::Change;

use super::requests::{create, results, send};
use crate::support::accounts::limits;
use crate::support::client::PROFILES;
use crate::support::{Answer, TestApp};

fn remaining(answer: &Answer) -> Option<&str> {
    answer.header("anthropic-ratelimit-requests-remaining")
}

#[test]
fn a_batch_costs_a_write_for_each_of_its_requests_and_a_refused_one_costs_nothing() {
    let app = TestApp::start();
    app.accounts.limit(app.key.organization, limits("", "1/h burst 5"));
    let requests: Vec<_> = (0..3).map(|number| create(&number.to_string(), json!({}))).collect();
    let answer = send(&app.client, &requests);
    assert_eq!((answer.status, remaining(&answer)), (200, Some("2")));
    for _ in 0..2 {
        let answer = send(&app.client, &requests);
        answer.refused(429);
        assert_eq!(remaining(&answer), Some("2"));
    }
    assert_eq!(app.database.count("user_profiles"), 3);
    results(&app.client, &requests[..2]);
    app.client.post(PROFILES).json(&json!({})).refused(429);
}

#[test]
fn a_batch_of_more_than_a_burst_is_admitted_when_all_of_it_is_free() {
    let app = TestApp::start();
    app.accounts.limit(app.key.organization, limits("", "1/h burst 2"));
    let requests: Vec<_> = (0..5).map(|number| create(&number.to_string(), json!({}))).collect();
    let answer = send(&app.client, &requests);
    assert_eq!((answer.status, remaining(&answer)), (200, Some("0")));
    let refused = send(&app.client, &requests[..1]);
    refused.refused(429);
    let retry_after: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    // The burst is due in five hours less two, and one more for the request.
    assert!((14_100..=14_400).contains(&retry_after), "{retry_after}");
}

#[test]
fn a_batch_is_within_the_quota_of_profiles_as_a_whole_or_not_at_all() {
    let app = TestApp::start();
    let quotas = QuotasPatch { profiles: Change::Set(4), ..QuotasPatch::default() };
    app.accounts.set_quotas(app.key.organization, quotas);
    let client = app.client.without_beta().with_version("2026-10-21");
    let requests: Vec<_> = (0..3).map(|number| create(&number.to_string(), json!({}))).collect();
    results(&client, &requests);
    assert_eq!(
        send(&client, &requests).refused(409),
        "The quota of this organization is reached: it may have at most 4 user profiles"
    );
    results(&client, &requests[..1]);
    assert_eq!(app.database.count("user_profiles"), 4);
}
