//! `uprof import` that is refused or stopped.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::fs;

use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use uprof::domain::limit::quota::QuotasPatch;
use uprof::domain::profile::change::Change;

use super::directory::Directory;
use crate::command::{at, uprof};
use crate::peer::Peer;
use crate::support::TestApp;
use crate::support::max_wait::until;

const STATE: &str = "a.ndjson.uprof-import.json";

fn state(directory: &Directory) -> Value {
    serde_json::from_str(&directory.read(STATE)).unwrap()
}

/// An import of two batches, of which the service refuses the second. Returns its file.
fn half_done(directory: &Directory, arguments: &[&str]) -> String {
    let path = directory.write("a.ndjson", "{\"name\":\"A\"}\n{\"name\":\"B\"}\n");
    let done = r#"{"results":[{"custom_id":"1","result":{"type":"succeeded","user_profile":{}}}]}"#;
    let refused = r#"{"error":{"message":"no"}}"#;
    let peer = Peer::with(&[("200 OK", "", done), ("403 Forbidden", "", refused)]);
    let all = ["import", &path, "--batch-lines=1", "--concurrency=1"];
    let stopped = peer.call(&[&all[..], arguments].concat()).run();
    peer.seen();
    let expected = format!(
        "error: the service answers 403: no\nwhat was done is recorded in {}: run the same command again to go on\n",
        directory.path(STATE)
    );
    assert_eq!((stopped.status, stopped.stderr), (2, expected));
    path
}

/// Makes the state belong to the service that the next import calls.
fn moved(directory: &Directory, app: &TestApp, change: impl FnOnce(&mut Value)) {
    let mut state = state(directory);
    state["options"]["base_url"] = format!("http://{}", app.address).into();
    change(&mut state);
    directory.write(STATE, state.to_string());
}

#[test]
fn a_stopped_import_goes_on_with_what_is_not_done_and_a_complete_one_is_not_repeated() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = half_done(&directory, &[]);
    assert_eq!((&state(&directory)["done_until"], &state(&directory)["is_complete"]), (&json!(1), &json!(false)));
    moved(&directory, &app, |_| ());
    let command = ["import", &path, "--batch-lines=1", "--concurrency=1"];
    let said = at(&app, &command).text();
    assert_eq!(said, "2 lines: 2 created, 0 updated, 0 skipped, 0 rejected\n");
    let names = |app: &TestApp| {
        let profiles = app.client.pages("limit=100").concat();
        profiles.iter().map(|profile| profile["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&app), ["B"]);
    let again = at(&app, &command).run();
    assert_eq!((again.status, again.stdout), (0, said.clone()));
    assert!(again.stderr.starts_with("note: this file has been imported"), "{}", again.stderr);
    assert_eq!(names(&app), ["B"]);
    // Anew: the second line is recognized by its key, the first was never here.
    assert_eq!(at(&app, &[&command[..], &["--restart"]].concat()).text(), said);
    assert_eq!(names(&app), ["A", "B"]);
}

#[test]
fn a_file_that_has_changed_and_other_options_are_refused() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = half_done(&directory, &[]);
    moved(&directory, &app, |_| ());
    for (arguments, reason) in [
        (&["--batch-lines=2"][..], "began with other options"),
        (&["--batch-lines=1", "--on-existing=create"], "began with other options"),
        (&["--batch-lines=1", "--map=name=name"], "began with other options"),
        (&["--batch-lines=1", "--base-url=http://127.0.0.1:1"], "began with other options"),
    ] {
        let refused = at(&app, &[&["import", &path][..], arguments].concat()).run();
        assert!(refused.status == 2 && refused.stderr.contains(reason), "{refused:?}");
    }
    directory.write("a.ndjson", "{\"name\":\"A\"}\n{\"name\":\"C\"}\n");
    let refused = at(&app, &["import", &path, "--batch-lines=1"]).run();
    assert!(refused.status == 2 && refused.stderr.contains("has changed since its import began"), "{refused:?}");
    assert_eq!(app.client.list("")["data"], json!([]));
}

#[test]
fn after_the_life_of_idempotency_keys_only_what_can_be_looked_up_is_sent() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = half_done(&directory, &[]);
    moved(&directory, &app, |state| {
        state["updated_at"] = (state["updated_at"].as_i64().unwrap() - 23 * 3_600 - 1).into();
    });
    let command = ["import", &path, "--batch-lines=1"];
    let late = at(&app, &command).run();
    assert_eq!((late.status, late.stdout.as_str()), (1, "2 lines: 1 created, 0 updated, 0 skipped, 1 rejected\n"));
    assert!(late.stderr.contains("more than 23 hours ago"), "{late:?}");
    assert_eq!(app.client.list("")["data"], json!([]));

    let directory = Directory::new();
    let path = half_done(&directory, &["--on-existing=create"]);
    moved(&directory, &app, |state| state["updated_at"] = 0.into());
    let refused = at(&app, &["import", &path, "--batch-lines=1", "--on-existing=create"]).run();
    assert!(refused.status == 2 && refused.stderr.contains("might be imported twice"), "{refused:?}");
}

#[test]
fn a_file_is_imported_by_one_process_at_a_time() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = directory.write("a.ndjson", "{}\n");
    let file = fs::File::open(&path).unwrap();
    flock(&file, FlockOperation::LockExclusive).unwrap();
    let refused = at(&app, &["import", &path]).run();
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("another import of") && refused.stderr.contains("is running"), "{refused:?}");
    drop(file);
    at(&app, &["import", &path]).text();
}

#[test]
fn busy_and_silent_services_are_asked_again() {
    let directory = Directory::new();
    let path = directory.write("a.ndjson", "{\"name\":\"A\"}\n");
    let done = r#"{"results":[{"custom_id":"1","result":{"type":"succeeded","user_profile":{}}}]}"#;
    let later = r#"{"error":{"message":"later"}}"#;
    let answers = [
        ("503 Service Unavailable", "retry-after: 1\r\n", later),
        ("429 Too Many Requests", "retry-after-ms: 10\r\n", later),
        ("409 Conflict", "retry-after-ms: 10\r\n", later),
        ("", "", ""),
        ("200 OK", "", &done[..20]),
        ("200 OK", "", done),
    ];
    let peer = Peer::with(&answers);
    let said = peer.call(&["import", &path]).text();
    assert_eq!(said, "1 lines: 1 created, 0 updated, 0 skipped, 0 rejected\n");
    let requests = peer.seen();
    let first = (requests[0].header("idempotency-key"), &requests[0].body);
    assert_eq!(requests.len(), answers.len());
    assert!(requests.iter().all(|request| (request.header("idempotency-key"), &request.body) == first));
    assert_eq!(requests[0].line, "POST /v1/user_profiles/batch");
    assert_eq!(requests[0].json(), json!({"requests": [{"custom_id": "1", "params": {"name": "A"}}]}));
}

#[test]
fn a_quota_that_is_reached_stops_the_import_and_no_line_is_rejected_for_it() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let set =
        |profiles| app.accounts.set_quotas(app.key.organization, QuotasPatch { profiles, ..QuotasPatch::default() });
    set(Change::Set(2));
    let path =
        directory.write("a.ndjson", "{\"external_id\":\"a\"}\n{\"external_id\":\"b\"}\n{\"external_id\":\"c\"}\n");
    let errors = directory.path("errors");
    let import = || at(&app, &["import", &path, "--errors", &errors, "--batch-lines=1", "--concurrency=1"]).run();
    let refused = import();
    assert!(refused.status == 2 && refused.stderr.contains("at most 2 user profiles"), "{refused:?}");
    assert_eq!((app.database.count("user_profiles"), directory.read("errors")), (2, String::new()));
    set(Change::Clear);
    until("the service knows of the other quota", || import().status == 0);
    assert_eq!((app.database.count("user_profiles"), directory.read("errors")), (3, String::new()));
}

#[test]
fn a_service_that_is_not_reached_for_long_stops_the_import() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = directory.write("a.ndjson", "{}\n");
    let ended = uprof(&["import", &path, "--base-url=http://127.0.0.1:1", "--api-key=x", "--patience=10ms"]).run();
    assert!(ended.status == 2 && ended.stderr.contains("is the service running there?"), "{ended:?}");
    let peer = Peer::with(&[("409 Conflict", "", r#"{"error":{"message":"still running"}}"#)]);
    let busy = peer.call(&["import", &path, "--restart", "--patience=10ms"]).run();
    peer.seen_once();
    assert!(busy.status == 2 && busy.stderr.contains("the service still answers 409: still running"), "{busy:?}");
    let refused = at(&app, &["import", &path, "--restart", "--api-key=uprof_x"]).run();
    assert!(refused.status == 2 && refused.stderr.contains("401"), "{refused:?}");
    for arguments in [
        &["import"][..],
        &["import", "missing"],
        &["import", &path, "--batch-lines=1001"],
        &["import", &path, "--map=x"],
    ] {
        assert_eq!(at(&app, arguments).run().status, 2, "{arguments:?}");
    }
}
