//! What one organization does must not take from another what both use: batches, connections, locks.

use std::thread;

use serde_json::json;
use sqlx::Row;

use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};
use crate::support::max_wait::until;
use crate::support::threads::concurrently;

/// Longer than any wait of these tests, so that a call that waits for a lock is still waiting when it is looked at.
const LONG_STATEMENT_TIMEOUT: &str = "--statement-timeout=20s";

fn waiting_for_locks(app: &TestApp) -> i64 {
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    app.database.row(waiting).get(0)
}

#[test]
fn updates_in_a_batch_with_a_locked_profile_are_done_without_it() {
    let app = TestApp::with(&[LONG_STATEMENT_TIMEOUT]);
    let stranger = app.client.with_key(&app.strangers_key());
    let (locked, free) = (app.client.create(&json!({})), stranger.create(&json!({})));
    let lock = app.database.session("select from user_profiles where name is null order by id limit 1 for update");
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4)
            .map(|number| {
                let body = json!({"metadata": {format!("k{number}"): "v"}});
                let app = &app;
                let path = path(id(&locked));
                scope.spawn(move || app.client.post(&path).json(&body).ok())
            })
            .collect();
        until("an update waits for the lock", || waiting_for_locks(&app) > 0);
        for number in 0..20 {
            stranger.update(id(&free), &json!({"name": format!("Name {number}")}));
        }
        assert!(waiting_for_locks(&app) > 0);
        drop(lock);
        for update in waiting {
            update.join().unwrap();
        }
    });
    assert_eq!(app.client.retrieve(id(&locked))["metadata"], json!({"k0": "v", "k1": "v", "k2": "v", "k3": "v"}));
}

#[test]
fn a_profile_that_stays_locked_is_refused_within_the_lock_timeout_and_unchanged() {
    let app = TestApp::with(&["--lock-timeout=200ms"]);
    let profile = app.client.create(&json!({"name": "Before"}));
    let path = path(id(&profile));
    let lock = app.database.session("select from user_profiles for update");
    let calls = [app.client.post(&path).json(&json!({"name": "After"})), app.client.delete(&path).send()];
    for answer in calls {
        assert_eq!(answer.refused(503), "Another request is changing the same object");
        assert!(answer.header("retry-after").is_some());
    }
    drop(lock);
    assert_eq!(app.client.retrieve(id(&profile)), profile);
    app.client.delete(&path).send().ok();
}

#[test]
fn an_organization_whose_requests_wait_leaves_connections_to_others() {
    let app = TestApp::with(&["--organization-connections=2", LONG_STATEMENT_TIMEOUT, "--database-wait=20s"]);
    let stranger = app.client.with_key(&app.strangers_key());
    let (locked, free) = (app.client.create(&json!({})), stranger.create(&json!({})));
    let lock = app.database.session("select from user_profiles order by id limit 1 for update");
    let statuses = thread::scope(|scope| {
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let (app, path) = (&app, path(id(&locked)));
                scope.spawn(move || app.client.delete(&path).send().status)
            })
            .collect();
        until("two wait for the lock", || waiting_for_locks(&app) == 2);
        for _ in 0..10 {
            assert_eq!(stranger.list("")["data"], json!([free]));
            stranger.retrieve(id(&free));
            stranger.create(&json!({"metadata": {"plan": "pro"}}));
            stranger.get("/health/ready").send().ok();
            let page = stranger.pages("limit=100").concat();
            for profile in page.iter().filter(|profile| profile["metadata"] != json!({})) {
                stranger.delete(&path(id(profile))).send().ok();
            }
        }
        assert_eq!(waiting_for_locks(&app), 2);
        drop(lock);
        waiting.into_iter().map(|delete| delete.join().unwrap()).collect::<Vec<_>>()
    });
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(404)), (1, 19), "{statuses:?}");
}

#[test]
fn readiness_is_answered_while_every_connection_is_in_use() {
    let app = TestApp::with(&["--database-connections=1", LONG_STATEMENT_TIMEOUT]);
    let lock = app.database.session("lock table user_profiles in access exclusive mode");
    thread::scope(|scope| {
        let list = scope.spawn(|| app.client.get(PROFILES).send().status);
        until("the list waits", || waiting_for_locks(&app) == 1);
        for answer in concurrently(&[(); 8], |()| app.client.get("/health/ready").send().status) {
            assert_eq!(answer, 200);
        }
        drop(lock);
        assert_eq!(list.join().unwrap(), 200);
    });
}

#[test]
fn a_profile_has_a_bounded_number_of_grants_and_of_open_actions() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = path(id(&app.client.create(&json!({}))));
    app.database.seed(
        "insert into trust_grants (organization_id, profile_id, name, status, decision_id, decided_at)
         select organization_id, id, 'grant_' || n, 'active', gen_random_uuid(), now()
           from user_profiles, generate_series(1, 99) n;
         insert into enforcement_actions (organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check)
         select organization_id, id, gen_random_uuid(), 'ban', 'high_harm', now(), 'reviewer', 'none'
           from user_profiles, generate_series(1, 99);",
    );
    let grant = |name: &str| {
        operator.post(&format!("{profile}/trust_grants/{name}")).json(&json!({"status": "active", "actor": "reviewer"}))
    };
    grant("cyber").ok();
    assert_eq!(grant("efs").refused(409), "trust_grants: A profile has at most 100");
    // One that is there already may change.
    operator
        .post(&format!("{profile}/trust_grants/cyber"))
        .json(&json!({"status": "withdrawn", "actor": "reviewer"}))
        .ok();
    grant("efs").ok();
    let open = || {
        let body = json!({"type": "ban", "reason": "high_harm", "actor": "reviewer"});
        operator.post(&format!("{profile}/enforcement_actions")).json(&body)
    };
    let last = open().ok();
    assert_eq!(open().refused(409), "enforcement_actions: A profile has at most 100 that are open");
    let resolve = json!({"transition": "resolved", "actor": "reviewer"});
    operator.post(&format!("{profile}/enforcement_actions/{}", last["id"].as_str().unwrap())).json(&resolve).ok();
    open().ok();
}
