//! Limits, and what happens beyond them.

use std::thread;

use serde_json::{Value, json};

use super::requests::{BATCH, body, create, profile, results, results_of, send, update};
use crate::support::client::{PROFILES, id};
use crate::support::max_wait::{eventually, until};
use crate::support::{Answer, TestApp, Wire};

#[test]
fn a_batch_may_be_larger_than_another_body_up_to_its_own_limit() {
    let app = TestApp::with(&["--max-body-bytes=1000", "--max-batch-body-bytes=20000"]);
    let requests = |count: usize| -> Vec<Value> {
        (0..count).map(|at| create(&format!("{at:0>4}"), json!({"name": "n".repeat(150)}))).collect()
    };
    results(&app.client, &requests(90));
    let refused = send(&app.client, &requests(110));
    assert_eq!(refused.refused(413), "body: Request should have at most 20000 bytes");
    // Chunked, so that nothing announces its size.
    let mut wire = Wire::connect(app.address);
    wire.send(format!(
        "POST {BATCH} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        app.key.secret
    ));
    let piece = " ".repeat(0x1000);
    for _ in 0..6 {
        if wire.try_send(format!("1000\r\n{piece}\r\n")).is_err() {
            break;
        }
    }
    wire.answer().refused(413);
    assert_eq!(app.client.post(PROFILES).json(&json!({"name": "n".repeat(1_000)})).status, 413);
    assert_eq!(app.database.count("user_profiles"), 90);
}

#[test]
fn an_answer_that_would_be_too_large_fails_the_batch_and_nothing_is_done() {
    let app = TestApp::with(&["--max-batch-body-bytes=100000"]);
    let pairs: Value = (0..16).map(|at| (format!("k{at}"), "\u{1}".repeat(500))).collect();
    let large = app.client.create(&json!({"metadata": pairs}));
    let updates = |count: usize| -> Vec<Value> {
        (0..count).map(|at| update(&at.to_string(), id(&large), json!({"name": at.to_string()}))).collect()
    };
    // Each is 8 KB, and 48 KB as JSON.
    assert_eq!(profile(&results(&app.client, &updates(2))[1])["name"], "1");
    let before = app.database.dump();
    for count in [3, 30] {
        let about = format!(
            "requests: The answer would have more than {} bytes: send fewer requests at once",
            100_000 + count * 1_024
        );
        assert_eq!(send(&app.client, &updates(count)).refused(400), about);
    }
    assert_eq!(app.database.dump(), before);
}

#[test]
fn the_largest_batches_of_creates_and_updates_are_done_and_replayed() {
    let app = TestApp::with(&["--max-batch-body-bytes=1000000", "--statement-timeout=30s"]);
    let pairs: Value = (0..16).map(|at| (format!("k{at}"), "v".repeat(510))).collect();
    let creates: Vec<_> = (0..118).map(|at| create(&at.to_string(), json!({"metadata": pairs}))).collect();
    assert!((950_000..1_000_000).contains(&body(&creates).to_string().len()));
    let keyed =
        |key: &str, requests: &[Value]| app.client.post(BATCH).header("idempotency-key", key).json(&body(requests));
    let first = keyed("c", &creates).ok();
    assert_eq!(keyed("c", &creates).ok(), first);
    let other: Value = (0..16).map(|at| (format!("k{at}"), "w".repeat(510))).collect();
    let updates: Vec<_> = results_of(&first, &creates)
        .iter()
        .map(|result| update(id(profile(result)), id(profile(result)), json!({"metadata": other})))
        .collect();
    let updates = &updates[..116];
    let second = keyed("u", updates).ok();
    assert_eq!(second["request_counts"], json!({"succeeded": 116, "errored": 0}));
    assert_eq!(keyed("u", updates).ok(), second);
    // Small requests may have a large answer.
    let text = |value: &'_ Value| value.as_str().unwrap().to_owned();
    let empty: Vec<_> = updates
        .iter()
        .map(|request| update(&text(&request["custom_id"]), &text(&request["user_profile_id"]), json!({})))
        .collect();
    let unchanged = keyed("e", &empty).ok();
    assert_eq!(unchanged["results"], second["results"]);
    assert_eq!(keyed("e", &empty).ok(), unchanged);
}

#[test]
fn batches_beyond_the_memory_of_their_organization_wait_and_those_of_others_do_not() {
    let app = TestApp::with(&["--max-batch-body-bytes=100000"]);
    let other = app.client.with_key(&app.strangers_key());
    // Announces the largest body and sends none of it.
    let mut slow = Wire::connect(app.address);
    slow.send(format!(
        "POST {BATCH} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n ",
        app.key.secret
    ));
    let refused = thread::scope(|scope| {
        let refused = scope.spawn(|| {
            let answer = until_refused(&app);
            answer.header("retry-after").unwrap().to_owned()
        });
        results(&other, &[create("a", json!({}))]);
        refused.join().unwrap()
    });
    assert_eq!(refused, "1");
    // Other requests of the organization go on.
    app.client.create(&json!({}));
    drop(slow);
    until("the memory is free again", || send_padded(&app).status == 200);
}

/// Sends a batch that is nearly as large as it may be.
fn send_padded(app: &TestApp) -> Answer {
    let requests = body(&[create("a", json!({}))]).to_string();
    app.client.post(BATCH).json_text(format!("{requests}{}", " ".repeat(90_000)))
}

/// Sends batches until one is refused for want of memory: the slow request may not have been read yet.
fn until_refused(app: &TestApp) -> Answer {
    eventually("a batch is refused", || {
        let answer = send_padded(app);
        let is_refused = answer.status != 200;
        if is_refused {
            assert_eq!(answer.refused(503), "The service has more batches than it can serve");
        }
        is_refused.then_some(answer)
    })
}

#[test]
fn a_batch_whose_connection_is_lost_is_done_as_a_whole_or_not_at_all() {
    let app = TestApp::start();
    let own = app.client.create(&json!({"name": "Before"}));
    let requests: Vec<_> = (0..600)
        .map(|at| create(&at.to_string(), json!({"name": "New"})))
        .chain([update("u", id(&own), json!({"name": "After"}))])
        .collect();
    // It has inserted all profiles when it waits for this key of a constraint that it meets last.
    app.database.execute(
        "create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
         create trigger wait before update on user_profiles for each row execute function wait()",
    );
    let answer = thread::scope(|scope| {
        let batch = scope.spawn(|| app.client.post(BATCH).header("idempotency-key", "k").json(&body(&requests)));
        until("the batch waits", || {
            app.database.count("pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'") == 1
        });
        app.database.set_reachable(false);
        app.database.set_reachable(true);
        batch.join().unwrap()
    });
    assert_eq!(answer.refused(503), "The database is unavailable");
    app.database.execute("drop trigger wait on user_profiles");
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (1, 1));
    until("the service is back", || app.client.get(PROFILES).send().status == 200);
    let again = app.client.post(BATCH).header("idempotency-key", "k").json(&body(&requests)).ok();
    assert_eq!(again["request_counts"], json!({"succeeded": 601, "errored": 0}));
}

#[test]
fn a_batch_that_takes_too_long_is_canceled_and_nothing_is_done() {
    let app = TestApp::with(&["--statement-timeout=300ms"]);
    let own = app.client.create(&json!({}));
    app.database.execute(
        "create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(0.15); return new; end $$;
         create trigger wait before update on user_profiles for each statement execute function wait()",
    );
    // No statement is too long by itself.
    let requests: Vec<_> =
        (0..1_000).map(|at| update(&at.to_string(), id(&own), json!({"name": at.to_string()}))).collect();
    assert_eq!(send(&app.client, &requests).refused(504), "The database did not answer in time");
    assert_eq!(app.client.retrieve(id(&own)), own);
    results(&app.client, &requests[..50]);
}

#[test]
fn batches_run_one_at_a_time_while_another_organization_is_served_and_else_at_once() {
    let app = TestApp::with(&["--database-connections=8", "--organization-connections=3"]);
    let other = app.client.with_key(&app.strangers_key());
    let blocked =
        || app.database.count("pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
    for is_shared in [false, true] {
        let requests: Vec<_> = (0..130).map(|at| create(&at.to_string(), json!({}))).collect();
        let before = app.database.count("user_profiles");
        let locked = app.database.session("lock table user_profiles in share mode");
        thread::scope(|scope| {
            if is_shared {
                other.list("");
            }
            let batches: Vec<_> = (0..3).map(|_| scope.spawn(|| results(&app.client, &requests))).collect();
            if is_shared {
                until("a batch runs", || {
                    other.list("");
                    blocked() == 1
                });
                for _ in 0..20 {
                    other.list("");
                    assert_eq!(blocked(), 1);
                }
            } else {
                until("all batches run", || blocked() == 3);
            }
            drop(locked);
            for batch in batches {
                for result in batch.join().unwrap() {
                    profile(&result);
                }
            }
        });
        assert_eq!(app.database.count("user_profiles"), before + 3 * 130);
    }
}
