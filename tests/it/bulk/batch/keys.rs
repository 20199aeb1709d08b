//! Batches under idempotency keys.

use std::thread;

use serde_json::{Value, json};

use super::requests::{BATCH, body, create, profile, results_of, update};
use crate::support::client::{Call, PROFILES, id, path};
use crate::support::max_wait::until;
use crate::support::rows::hexadecimal;
use crate::support::{Answer, TestApp, Wire};

fn keyed<'c>(app: &'c TestApp, path: &str) -> Call<'c> {
    app.client.post(path).header("idempotency-key", "k")
}

fn two() -> Vec<Value> {
    vec![create("a", json!({"name": "gonemarkername"})), create("b", json!({"name": "Other"}))]
}

/// The bytes of the answer to `requests` under the key `k`, without its head.
fn answered_bytes(app: &TestApp, requests: &[Value]) -> Vec<u8> {
    let text = body(requests).to_string();
    let mut wire = Wire::connect(app.address);
    wire.send(format!(
        "POST {BATCH} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\nidempotency-key: k\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{text}",
        app.key.secret,
        text.len()
    ));
    assert_eq!(wire.head().0, 200);
    wire.rest()
}

#[test]
fn a_replayed_batch_is_done_once_and_has_the_bytes_of_the_first_answer() {
    let app = TestApp::start();
    let first = answered_bytes(&app, &two());
    let shown: Value = serde_json::from_slice(&first).unwrap();
    let profiles: Vec<_> = results_of(&shown, &two()).iter().map(|result| profile(result).clone()).collect();
    app.client.update(id(&profiles[0]), &json!({"name": "Since"}));
    assert_eq!(answered_bytes(&app, &two()), first);
    let replay = keyed(&app, BATCH).json(&body(&two()));
    assert!(replay.is_replay());
    assert_eq!(replay.ok(), shown);
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (2, 3));
}

#[test]
fn another_request_under_the_key_of_a_batch_is_refused() {
    let app = TestApp::start();
    let first = keyed(&app, BATCH).json(&body(&two())).ok();
    let own = profile(&results_of(&first, &two())[0]).clone();
    let before = app.database.dump();
    let used = "idempotency-key: Key was used for another request";
    let single = json!({"name": "gonemarkername"});
    assert_eq!(keyed(&app, BATCH).json(&body(&two()[..1])).refused(400), used);
    assert_eq!(keyed(&app, PROFILES).json(&single).refused(400), used);
    assert_eq!(keyed(&app, &path(id(&own))).json(&single).refused(400), used);
    assert_eq!(keyed(&app, &format!("{}/enrollment_url", path(id(&own)))).send().refused(400), used);
    assert_eq!(app.database.dump(), before);
    // And a batch under the key of another request.
    let other = |path: &str| app.client.post(path).header("idempotency-key", "other");
    other(PROFILES).json(&single).ok();
    assert_eq!(other(BATCH).json(&body(&two())).refused(400), used);
}

#[test]
fn deleting_a_profile_erases_the_answer_and_a_late_retry_creates_nothing() {
    let app = TestApp::start();
    let first = keyed(&app, BATCH).json(&body(&two())).ok();
    let results = results_of(&first, &two());
    let dump = app.database.dump();
    assert!(dump.contains(&hexadecimal("gonemarkername")));
    app.client.delete(&path(id(profile(&results[0])))).send().ok();
    let dump = app.database.dump();
    assert!(!dump.contains(&hexadecimal("gonemarkername")) && !dump.contains("gonemarkername"), "{dump}");

    // Also while the stored answer is left for the sweep.
    for is_left in [false, true] {
        if is_left {
            app.database.seed(
                "update batch_answers set answer = 'left';
                 insert into batch_answer_profiles select b.organization_id, b.key, e.id from batch_answers b, erased_user_profiles e",
            );
        }
        let late = keyed(&app, BATCH).json(&body(&two()));
        assert_eq!(late.refused(409), "idempotency-key: Request was done, and the user profile was deleted since");
        assert_eq!(late.header("x-should-retry"), Some("false"));
    }
    app.client.retrieve(id(profile(&results[1])));
    assert_eq!(app.database.count("user_profiles"), 1);
}

#[test]
fn a_batch_that_updates_a_profile_does_not_outlive_it_either() {
    let app = TestApp::start();
    let own = app.client.create(&json!({}));
    let requests = [update("a", id(&own), json!({"name": "gonemarkername"})), create("b", json!({}))];
    keyed(&app, BATCH).json(&body(&requests)).ok();
    app.client.delete(&path(id(&own))).send().ok();
    assert!(!app.database.dump().contains(&hexadecimal("gonemarkername")));
    keyed(&app, BATCH).json(&body(&requests)).refused(409);
}

#[test]
fn two_batches_with_one_key_in_two_services_are_done_once() {
    let app = TestApp::start();
    let (colleague, _replica) = app.another_replica();
    let own = app.client.create(&json!({}));
    let requests = [create("a", json!({"name": "A"})), update("b", id(&own), json!({"name": "B"}))];
    // Both wait for this one.
    let locked = app.database.session("select from user_profiles for update");
    let answers = thread::scope(|scope| {
        let batches = [&app.client, &colleague]
            .map(|client| scope.spawn(|| client.post(BATCH).header("idempotency-key", "k").json(&body(&requests))));
        until("both wait", || {
            let waiting = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            app.database.count(waiting) == 2
        });
        drop(locked);
        batches.map(|batch| batch.join().unwrap())
    });
    let replays = answers.each_ref().map(Answer::is_replay);
    assert!(replays[0] != replays[1], "{replays:?}");
    let [one, other] = answers.map(|answer| answer.ok());
    assert_eq!(one, other);
    assert_eq!((app.database.count("user_profiles"), app.database.count("batch_answers")), (2, 1));
}

#[test]
fn a_batch_without_a_key_stores_no_answer() {
    let app = TestApp::start();
    app.client.post(BATCH).json(&body(&two())).ok();
    assert_eq!((app.database.count("batch_answers"), app.database.count("idempotency_keys")), (0, 0));
}

#[test]
fn a_key_is_free_again_after_a_day() {
    let app = TestApp::start();
    let first = keyed(&app, BATCH).json(&body(&two())).ok();
    for table in ["idempotency_keys", "batch_answers"] {
        app.database.seed(&format!("update {table} set created_at = created_at - interval '25 hours'"));
    }
    let again = keyed(&app, BATCH).json(&body(&two()));
    assert!(!again.is_replay());
    let again = again.ok();
    assert_ne!(again, first);
    let replay = keyed(&app, BATCH).json(&body(&two()));
    assert!(replay.is_replay());
    assert_eq!(replay.ok(), again);
    assert_eq!(app.database.count("user_profiles"), 4);
}
