//! One idempotency key in two services on one database.

use std::thread;

use serde_json::json;
use sqlx::Row;

use crate::support::TestApp;
use crate::support::client::{id, path};
use crate::support::max_wait::until;

#[test]
fn a_decision_and_an_update_with_one_key_in_two_services_do_not_deadlock() {
    let app = TestApp::start();
    let (colleague, _replica) = app.another_replica();
    let profile = app.client.create(&json!({}));
    let grant = format!("{}/trust_grants/cyber", path(id(&profile)));
    for round in 0..20 {
        let key = format!("k{round}");
        // Both wait for this one, in whatever order they come.
        let first = app.database.session(&format!(
            "insert into idempotency_keys (organization_id, key, fingerprint, created_at)
             values ('{}', '{key}', sha256(''), now())",
            app.key.organization.uuid()
        ));
        let answers = thread::scope(|scope| {
            let update = scope.spawn(|| {
                app.client.post(&path(id(&profile))).header("idempotency-key", &key).json(&json!({"name": key}))
            });
            let decision = scope.spawn(|| {
                let body = json!({"status": "active", "actor": "reviewer", "reason": key});
                colleague.post(&grant).header("idempotency-key", &key).json(&body)
            });
            until("one waits for the key", || {
                let waiting = "select count(*) from pg_stat_activity
                                where datname = current_database() and wait_event_type = 'Lock'";
                app.database.row(waiting).get::<i64, _>(0) == 2
            });
            drop(first);
            [update.join().unwrap(), decision.join().unwrap()]
        });
        let mut statuses = answers.each_ref().map(|answer| answer.status);
        statuses.sort_unstable();
        // Whichever is second finds the key used for another request.
        assert_eq!(statuses, [200, 400], "round {round}");
    }
}
