//! Concurrent requests under idempotency keys.

use std::collections::BTreeMap;
use std::thread;

use serde_json::json;

use super::keys::keyed;
use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};

#[test]
fn sixty_four_concurrent_requests_under_one_key_create_one_profile() {
    let app = TestApp::start();
    let body = json!({"name": "Example"});
    let answers: Vec<_> = thread::scope(|scope| {
        let send = || keyed(&app, PROFILES, "k").json(&body);
        let calls: Vec<_> = (0..64).map(|_| scope.spawn(send)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let mut statuses = BTreeMap::new();
    for answer in &answers {
        *statuses.entry((answer.status, answer.is_replay())).or_insert(0) += 1;
        match answer.status {
            200 => assert_eq!(answer.body["id"], app.client.list("")["data"][0]["id"]),
            _ => assert_eq!(answer.refused(409), "A request with the same Idempotency-Key is still running"),
        }
    }
    assert_eq!(statuses[&(200, false)], 1, "{statuses:?}");
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (1, 1));
}

#[test]
fn concurrent_requests_under_many_keys_are_each_executed_once() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let update = path(id(&profile));
    thread::scope(|scope| {
        for worker in 0..16 {
            let (app, update) = (&app, &update);
            scope.spawn(move || {
                for round in 0..4 {
                    let key = format!("{worker} {round}");
                    let body = json!({"metadata": {format!("k{worker}"): round.to_string()}});
                    let first = keyed(app, update, &key).json(&body).ok();
                    assert_eq!(keyed(app, update, &key).json(&body).ok(), first);
                    let create = json!({"name": key});
                    let made = keyed(app, PROFILES, &format!("c {key}")).json(&create).ok();
                    assert_eq!(keyed(app, PROFILES, &format!("c {key}")).json(&create).ok(), made);
                }
            });
        }
    });
    assert_eq!(app.database.count("user_profiles"), 1 + 64);
    assert_eq!(app.client.retrieve(id(&profile))["metadata"].as_object().unwrap().len(), 16);
    assert_eq!(app.database.count("events where kind = 'user_profile.updated'"), 64);
}

/// Takes the key `k` as another process does that is about to commit or not.
fn taken_elsewhere(app: &TestApp) -> crate::support::database::Session {
    app.database.session(
        "insert into idempotency_keys (organization_id, key, fingerprint, created_at, answer)
         select id, 'k', sha256(''), now(), '{}' from organizations",
    )
}

#[test]
fn a_key_that_another_process_is_inserting_is_waited_for() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let create = (PROFILES.to_owned(), json!({"name": "Example"}));
    let update = (path(id(&profile)), json!({"name": "Example"}));
    let link = (format!("{}/action_urls", path(id(&profile))), json!({"action": {"type": "enroll_end_user"}}));
    for (path, body) in [create, update, link] {
        app.database.seed("delete from idempotency_keys");
        let other = taken_elsewhere(&app);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| keyed(&app, &path, "k").json(&body));
            let blocked = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            while app.database.count(blocked) == 0 && !waiting.is_finished() {
                thread::yield_now();
            }
            // The other process comes to nothing.
            drop(other);
            waiting.join().unwrap().ok();
        });
        assert!(keyed(&app, &path, "k").json(&body).is_replay(), "{path}");
    }
}
