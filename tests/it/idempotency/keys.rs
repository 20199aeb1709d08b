//! `Idempotency-Key`: what is asked for again is done once.

use std::collections::BTreeMap;
use std::thread;

use serde_json::{Value, json};

use crate::support::client::{Call, PROFILES, id, path};
use crate::support::rows::hexadecimal;
use crate::support::{KeySpec, Shape, TestApp, Wire};

/// A POST under a key of the caller's.
fn keyed<'c>(app: &'c TestApp, path: &str, key: &str) -> Call<'c> {
    app.client.post(path).header("idempotency-key", key)
}

#[test]
fn a_replayed_create_creates_one_profile_and_has_the_first_answer() {
    let app = TestApp::start();
    let body = json!({"name": "Example", "metadata": {"plan": "pro"}});
    let first = keyed(&app, PROFILES, "one").json(&body);
    assert!(!first.is_replay());
    let first = first.ok();
    // Whatever happens to the profile in between.
    app.client.update(id(&first), &json!({"name": "Another"}));
    for _ in 0..2 {
        let again = keyed(&app, PROFILES, "one").json(&body);
        assert!(again.is_replay());
        assert_eq!(again.ok(), first);
    }
    assert_eq!(app.client.list("")["data"].as_array().unwrap().len(), 1);
    // Under another key it is another request, as it is without one.
    assert_ne!(keyed(&app, PROFILES, "two").json(&body).ok()["id"], first["id"]);
    assert_ne!(app.client.create(&body)["id"], first["id"]);
    assert_eq!((app.database.count("user_profiles"), app.database.count("events")), (3, 4));
}

#[test]
fn a_replayed_update_is_applied_once() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = path(id(&profile));
    let first = keyed(&app, &path, "k").json(&json!({"name": "First"})).ok();
    app.client.update(id(&profile), &json!({"name": "Second"}));
    let again = keyed(&app, &path, "k").json(&json!({"name": "First"}));
    assert!(again.is_replay());
    assert_eq!(again.ok(), first);
    assert_eq!(app.client.retrieve(id(&profile))["name"], "Second");
    // The answer of an update without a change is stored too.
    let unchanged = keyed(&app, &path, "n").json(&json!({})).ok();
    app.client.update(id(&profile), &json!({"name": "Third"}));
    assert_eq!(keyed(&app, &path, "n").json(&json!({})).ok(), unchanged);
}

#[test]
fn a_replayed_update_has_the_first_answer_even_if_it_would_be_refused_now() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let pairs = |from: usize| -> Value { (from..from + 8).map(|at| (format!("k{at}"), "v".to_owned())).collect() };
    let body = json!({"metadata": pairs(0)});
    let first = keyed(&app, &path(id(&profile)), "k").json(&body).ok();
    let full = json!({"metadata": {"k0": "", "k1": "", "k2": "", "k3": "", "k4": "", "k5": "", "k6": "", "k7": ""}});
    app.client.update(id(&profile), &full);
    app.client.update(id(&profile), &json!({"metadata": pairs(20)}));
    app.client.update(id(&profile), &json!({"metadata": pairs(40)}));
    app.client.post(&path(id(&profile))).json(&body).refused(400);
    assert_eq!(keyed(&app, &path(id(&profile)), "k").json(&body).ok(), first);
}

#[test]
fn a_different_request_under_a_used_key_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    let body = json!({"name": "Example"});
    let first = keyed(&app, PROFILES, "k").json(&body).ok();
    let before = app.database.dump();
    let used = "idempotency-key: Key was used for another request";
    let path = path(id(&first));
    assert_eq!(keyed(&app, PROFILES, "k").json(&json!({"name": "Other"})).refused(400), used);
    assert_eq!(keyed(&app, &path, "k").json(&body).refused(400), used);
    assert_eq!(keyed(&app, &format!("{path}/enrollment_url"), "k").send().refused(400), used);
    let other_shape = app.client.speaking(Shape::Ga);
    assert_eq!(other_shape.post(PROFILES).header("idempotency-key", "k").json(&body).refused(400), used);
    assert_eq!(app.database.dump(), before);
    assert!(keyed(&app, PROFILES, "k").json(&body).is_replay());
}

#[test]
fn a_replayed_link_is_the_same_link_and_its_token_is_not_stored() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = format!("{}/enrollment_url", path(id(&profile)));
    let first = keyed(&app, &path, "k").send().ok();
    let again = keyed(&app, &path, "k").send();
    assert!(again.is_replay());
    assert_eq!(again.ok(), first);
    assert_eq!(app.database.count("enrollments"), 1);
    let token = first["url"].as_str().unwrap().rsplit('/').next().unwrap();
    let dump = app.database.dump();
    assert!(!dump.contains(token) && !dump.contains(&hexadecimal(token)), "a token is stored");
    // Only the API key of the first request can read it again.
    let colleague = app.client.with_key(&app.another_key(KeySpec::default()));
    let refused = colleague.post(&path).header("idempotency-key", "k").send();
    assert_eq!(
        refused.refused(400),
        "idempotency-key: Key was used with another API key, and its answer holds a secret"
    );
}

#[test]
fn the_key_of_a_request_that_failed_is_free() {
    let app = TestApp::start();
    keyed(&app, PROFILES, "k").json(&json!({"name": ""})).refused(400);
    let nowhere = "/v1/user_profiles/uprof_01AAAAAAAAAAAAAAAAAAAAAA";
    keyed(&app, nowhere, "k").json(&json!({"name": "Example"})).refused(404);
    keyed(&app, &format!("{nowhere}/enrollment_url"), "k").send().refused(404);
    let profile = keyed(&app, PROFILES, "k").json(&json!({})).ok();
    let update = path(id(&profile));
    keyed(&app, &update, "u").json(&json!({"relationship": "resold"})).refused(400);
    keyed(&app, &update, "u").json(&json!({"relationship": "internal"})).ok();
    assert_eq!(app.database.count("idempotency_keys"), 2);
}

#[test]
fn a_key_is_1_to_255_printable_ascii_characters_in_one_header() {
    let app = TestApp::start();
    let wrong = "idempotency-key: Input should be 1 to 255 printable ASCII characters";
    for bad in ["", "é", "a\tb", &"k".repeat(256)] {
        let mut wire = Wire::connect(app.address);
        let key = &app.key.secret;
        wire.send(format!(
            "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
             idempotency-key: {bad}\r\ncontent-length: 2\r\n\r\n{{}}"
        ));
        assert_eq!(wire.answer().refused(400), wrong, "{bad}");
    }
    let twice = keyed(&app, PROFILES, "one").header("idempotency-key", "two").json(&json!({}));
    assert_eq!(twice.refused(400), "idempotency-key: Header was sent more than once");
    keyed(&app, PROFILES, "same").header("idempotency-key", "same").json(&json!({})).ok();
    keyed(&app, PROFILES, &"k".repeat(255)).json(&json!({})).ok();
    keyed(&app, PROFILES, "~ !").json(&json!({})).ok();
    assert_eq!(app.database.count("user_profiles"), 3);
}

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

#[test]
fn an_answer_is_stored_exactly_if_its_change_is() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let never = "check (fingerprint is null) not valid";
    app.database.execute(&format!("alter table idempotency_keys add constraint never {never}"));
    let before = app.database.dump();
    keyed(&app, PROFILES, "c").json(&json!({"name": "Example"})).refused(500);
    keyed(&app, &path(id(&profile)), "u").json(&json!({"name": "Example"})).refused(500);
    keyed(&app, &format!("{}/enrollment_url", path(id(&profile))), "l").send().refused(500);
    assert_eq!(app.database.dump(), before);
}

#[test]
fn a_key_is_free_again_after_24_hours() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let update = path(id(&profile));
    let body = json!({"name": "Example"});
    let created = keyed(&app, PROFILES, "c").json(&body).ok();
    keyed(&app, &update, "u").json(&body).ok();
    app.database.seed("update idempotency_keys set created_at = created_at - interval '23 hours 59 minutes'");
    assert_eq!(keyed(&app, PROFILES, "c").json(&body).ok(), created);
    assert!(keyed(&app, &update, "u").json(&body).is_replay());
    app.database.seed("update idempotency_keys set created_at = created_at - interval '1 minute'");
    let other = json!({"name": "Other"});
    let again = keyed(&app, PROFILES, "c").json(&other);
    assert!(!again.is_replay());
    let again = again.ok();
    assert_ne!(again["id"], created["id"]);
    assert_eq!(keyed(&app, &update, "u").json(&other).ok()["name"], "Other");
    // And taken from then on.
    assert_eq!(keyed(&app, PROFILES, "c").json(&other).ok(), again);
    assert!(keyed(&app, &update, "u").json(&other).is_replay());
}

#[test]
fn an_erasure_deletes_the_stored_answers_about_the_profile_but_not_the_keys() {
    let app = TestApp::start();
    let body = json!({"name": "markername"});
    let profile = keyed(&app, PROFILES, "c").json(&body).ok();
    keyed(&app, &path(id(&profile)), "u").json(&json!({"external_id": "markerid"})).ok();
    keyed(&app, &format!("{}/enrollment_url", path(id(&profile))), "l").send().ok();
    app.client.delete(&path(id(&profile))).send().ok();
    let dump = app.database.dump();
    assert!(!dump.contains("marker") && !dump.contains(&hexadecimal("marker")), "{dump}");
    assert_eq!(
        app.database.texts("select key from idempotency_keys where answer is null order by key"),
        ["c", "l", "u"]
    );
}

#[test]
fn organizations_do_not_share_keys() {
    let app = TestApp::start();
    let ours = keyed(&app, PROFILES, "k").json(&json!({})).ok();
    let stranger = app.client.with_key(&app.strangers_key());
    let theirs = stranger.post(PROFILES).header("idempotency-key", "k").json(&json!({})).ok();
    assert_ne!(ours["id"], theirs["id"]);
}

#[test]
fn a_caller_that_disconnects_before_the_answer_gets_it_from_a_replay() {
    let app = TestApp::start();
    let body = r#"{"name":"Example"}"#;
    let mut wire = Wire::connect(app.address);
    wire.send(format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nanthropic-beta: user-profiles-2026-03-24\r\n\
         content-type: application/json\r\nidempotency-key: k\r\ncontent-length: {}\r\n\r\n{body}",
        app.key.secret,
        body.len()
    ));
    drop(wire);
    let profile = loop {
        let answer = keyed(&app, PROFILES, "k").json_text(body);
        if answer.status != 409 {
            break answer.ok();
        }
    };
    assert_eq!(app.client.list("")["data"], json!([profile]));
}
