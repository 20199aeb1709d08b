//! The limit on requests of one organization at once.

use std::thread;

use serde_json::json;

use crate::support::TestApp;
use crate::support::client::PROFILES;
use crate::support::max_wait::until;

const IN_USE: &str = "uprof_database_connections{state=\"in_use\"}";
const REFUSED: &str = "uprof_rate_limited_requests_total{scope=\"concurrency\",kind=\"write\"}";

#[test]
fn an_organization_has_a_number_of_requests_at_once_and_others_have_theirs() {
    let app = TestApp::with(&["--organization-requests=2", "--batch-rows=1", "--statement-timeout=20s"]);
    let stranger = app.client.with_key(&app.strangers_key());
    app.client.create(&json!({}));
    stranger.create(&json!({}));
    until("a rest", || app.metrics().count(IN_USE) == 0);
    let locked = app.database.session("lock table user_profiles in share mode");
    thread::scope(|scope| {
        let waiting: Vec<_> =
            (0..2).map(|_| scope.spawn(|| app.client.post(PROFILES).json(&json!({})).status)).collect();
        until("both requests to be served", || app.metrics().count(IN_USE) >= 2);
        let refused = app.client.post(PROFILES).json(&json!({}));
        assert_eq!(refused.refused(429), "Too many requests of this organization are being served");
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.body["error"]["type"], "rate_limit_error");
        app.client.get(PROFILES).send().refused(429);
        stranger.list("");
        drop(locked);
        assert!(waiting.into_iter().all(|call| call.join().unwrap() == 200));
    });
    assert_eq!(app.metrics().count(REFUSED), 1);
    assert_eq!(app.database.count("user_profiles"), 4);
    // Their slots are free again, however a request ends.
    for _ in 0..3 {
        app.client.post(PROFILES).json(&json!({"name": 1})).refused(400);
    }
    app.client.create(&json!({}));
}
