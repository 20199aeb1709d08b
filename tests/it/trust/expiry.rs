//! Expiries are recorded by a sweep. These tests sweep themselves, as a service does every 30 seconds.

use std::sync::Arc;

use serde_json::{Value, json};
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::id::RandomIds;
use uprof::domain::repository::ExpiryRepository;
use uprof::storage::{Outbox, PgExpiry, Pool, PoolSettings};

use crate::support::TestApp;
use crate::support::client::{id, path};
use crate::support::database::runtime;
use crate::support::max_wait::until;
use crate::support::threads::concurrently;

/// Sweeps once: the numbers of expired grants and actions, and of deleted links, answers and secrets.
fn sweep(app: &TestApp) -> [usize; 5] {
    let url = app.database.url();
    runtime().block_on(async {
        let pool = Pool::new(&PoolSettings::for_one(url)).unwrap();
        let expiry = PgExpiry::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default())));
        let now = SystemClock.now();
        let done = [
            expiry.expire_grants(now).await.unwrap(),
            expiry.expire_actions(now).await.unwrap(),
            expiry.delete_expired_links(now).await.unwrap(),
            expiry.delete_expired_answers(now).await.unwrap(),
            expiry.delete_expired_secrets(now).await.unwrap(),
        ];
        pool.close().await;
        done
    })
}

/// A profile with an expired grant, action, link and stored answer, and with ones that have not expired.
fn ended(app: &TestApp) -> Value {
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let later = "2999-01-01T00:00:00Z";
    for name in ["cyber", "lasting"] {
        let verdict = json!({"status": "active", "actor": "reviewer", "expires_at": later});
        operator.post(&format!("{}/trust_grants/{name}", path(id(&profile)))).json(&verdict).ok();
    }
    for reason in ["unspecified", "high_harm"] {
        let opening = json!({"type": "restriction", "reason": reason, "actor": "reviewer", "expires_at": later});
        operator.post(&format!("{}/enforcement_actions", path(id(&profile)))).json(&opening).ok();
    }
    for key in ["ended", "lasting"].map(|name| format!("{name} {}", id(&profile))) {
        app.client.post(&format!("{}/enrollment_url", path(id(&profile)))).header("idempotency-key", &key).send().ok();
    }
    app.database.seed(
        "update trust_grants set expires_at = now() - interval '1 second' where name = 'cyber';
         update enforcement_actions set opened_at = '2026-01-01', expires_at = '2026-01-02' where reason = 'unspecified';
         update enrollments set created_at = '2026-01-01', expires_at = '2026-01-02'
          where id in (select distinct on (profile_id) id from enrollments order by profile_id, id);
         update idempotency_keys set created_at = now() - interval '24 hours' where key like 'ended %';
         insert into webhook_endpoints (organization_id, id, created_at, updated_at, url, name, description, enabled_events, state,
                disabled_reason, signing_secret, previous_secret, previous_secret_until)
         select organization_id, gen_random_uuid(), now(), now(), 'https://webhooks.invalid', '', '',
                array['user_profile.program_status_updated'], 'enabled', '', sha256('new'), sha256('old'), now() + lasts
           from (select * from user_profiles order by id desc limit 1) p,
                (values (interval '-1 second'), (interval '1 hour')) v (lasts);",
    );
    profile
}

fn kinds(app: &TestApp) -> Vec<String> {
    app.database.texts(
        "select concat_ws(' ', substr(kind, 14), grant_name, grant_status)
           from (select * from events where kind not like '%created' order by id) e",
    )
}

#[test]
fn expiries_are_recorded_once_with_their_events_and_nothing_else_changes() {
    let app = TestApp::start();
    let profile = ended(&app);
    let before = app.client.retrieve(id(&profile));
    assert_eq!(before["trust_grants"], json!({"lasting": {"status": "active"}}));
    assert_eq!(sweep(&app), [1, 1, 1, 1, 1]);
    assert_eq!(sweep(&app), [0, 0, 0, 0, 0]);
    let after = app.client.retrieve(id(&profile));
    assert_eq!(after["trust_grants"], before["trust_grants"]);
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
    let emitted = kinds(&app);
    assert_eq!(emitted[4..], ["program_status_updated cyber", "enforcement_action_resolved"]);
    let decisions = app.operator().get(&format!("{}/trust_grants/cyber/decisions", path(id(&profile)))).send().ok();
    let last = &decisions["data"][0];
    assert_eq!((&last["status"], &last["actor"]), (&json!("withdrawn"), &json!("expiry")));
    let actions = app.operator().get(&format!("{}/enforcement_actions?order=asc", path(id(&profile)))).send().ok();
    let ended = &actions["data"][0];
    assert_eq!((&ended["resolved_at"], &ended["resolved_by"]), (&json!("2026-01-02T00:00:00Z"), &json!("expiry")));
    assert_eq!(actions["data"][1]["resolved_at"], Value::Null);
    for table in ["enrollments", "trust_grants", "idempotency_keys"] {
        assert_eq!(app.database.count(table), 1, "{table}");
    }
    assert_eq!(app.database.count("webhook_endpoints where previous_secret is not null"), 1);
}

#[test]
fn concurrent_sweeps_record_each_expiry_once() {
    let app = TestApp::start();
    for _ in 0..20 {
        ended(&app);
    }
    let mut done = [0; 5];
    // A sweep skips a profile that another sweep has locked.
    for turn in concurrently(&[(); 4], |()| sweep(&app)) {
        done = [0, 1, 2, 3, 4].map(|index| done[index] + turn[index]);
    }
    // On a machine that is slow, the service's own sweep comes in between.
    assert!(done.iter().all(|done| *done <= 20), "{done:?}");
    until("nothing is left", || sweep(&app) == [0; 5]);
    assert_eq!(kinds(&app).len(), 20 * 6);
}

#[test]
fn a_sweep_skips_a_locked_profile_until_the_next_sweep() {
    let app = TestApp::start();
    ended(&app);
    let session = app.database.session("select from user_profiles for update");
    assert_eq!(sweep(&app), [0, 0, 1, 1, 1]);
    session.commit();
    assert_eq!(sweep(&app), [1, 1, 0, 0, 0]);
}
