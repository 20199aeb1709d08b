//! Revisions: in the `ETag` of every answer that is one profile, and compared by `If-Match`.

use serde_json::{Value, json};

use crate::support::client::{PROFILES, id, path};
use crate::support::page::Page;
use crate::support::threads::concurrently;
use crate::support::{Answer, Client, Shape, TestApp};

fn tag(answer: &Answer) -> String {
    answer.header("etag").unwrap().to_owned()
}

/// The tag of what `client` retrieves.
fn current(client: &Client, profile: &Value) -> String {
    tag(&client.get(&path(id(profile))).send())
}

#[test]
fn every_answer_that_is_one_profile_has_its_revision_and_shape_as_the_entity_tag() {
    let app = TestApp::start();
    for (shape, label) in Shape::ALL.into_iter().zip(["2026-03-24", "2026-08-18", "2026-09-04", "ga"]) {
        let client = app.client.speaking(shape);
        let expected = |revision: u32| format!("\"{revision}-{label}\"");
        let create = || client.post(PROFILES).header("idempotency-key", label).json(&json!({"name": "Example"}));
        let (created, replayed) = (create(), create());
        assert_eq!((tag(&created), tag(&replayed)), (expected(1), expected(1)));
        let profile = created.ok();
        let update = |name: &str| {
            let request = client.post(&path(id(&profile))).header("idempotency-key", &format!("{label} {name}"));
            tag(&request.json(&json!({"name": name})))
        };
        assert_eq!(update("Changed"), expected(2));
        assert_eq!(update("Changed again"), expected(3));
        // The replay has the tag of what it shows, not of what is stored now.
        assert_eq!(update("Changed"), expected(2));
        // An update that changes nothing is no change.
        assert_eq!(tag(&client.post(&path(id(&profile))).json(&json!({"name": "Changed again"}))), expected(3));
        assert_eq!(current(&client, &profile), expected(3));
        // A list is not one profile, and no condition is needed to read.
        assert_eq!(client.get(PROFILES).send().header("etag"), None);
        let unread = client.get(&path(id(&profile))).header("if-none-match", &expected(3)).send();
        assert_eq!(unread.status, 200);
    }
}

#[test]
fn every_change_that_a_profile_shows_counts() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let path = path(id(&profile));
    let mut revision = 1;
    let mut has_changed = |what: &str| {
        revision += 1;
        assert_eq!(current(&app.client, &profile), format!("\"{revision}-2026-03-24\""), "{what}");
    };
    app.client.update(id(&profile), &json!({"metadata": {"plan": "pro"}}));
    has_changed("metadata");
    let grant = format!("{path}/trust_grants/cyber");
    operator.post(&grant).json(&json!({"status": "active", "actor": "reviewer"})).ok();
    has_changed("a grant");
    operator.post(&grant).json(&json!({"status": "withdrawn", "actor": "reviewer"})).ok();
    has_changed("a withdrawal");
    assert_eq!(Page::submit(&app.link(id(&profile))).status, 303);
    has_changed("an enrollment");
    let opening = json!({"type": "restriction", "reason": "unspecified", "actor": "reviewer"});
    let action = operator.post(&format!("{path}/enforcement_actions")).json(&opening).ok();
    has_changed("a restriction");
    let resolution = json!({"transition": "resolved", "actor": "reviewer"});
    operator.post(&format!("{path}/enforcement_actions/{}", id(&action))).json(&resolution).ok();
    has_changed("its end");
}

#[test]
fn a_change_of_another_revision_is_refused_and_changes_nothing() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({"name": "Before"}));
    let path = path(id(&profile));
    let opening = json!({"type": "restriction", "reason": "unspecified", "action": "verify", "actor": "reviewer"});
    let actions = format!("{path}/enforcement_actions");
    let action = operator.post(&actions).json(&opening).ok();
    let before = (app.client.retrieve(id(&profile)), current(&app.client, &profile));
    let attempt = |condition: &str| {
        [
            app.client.post(&path).header("if-match", condition).json(&json!({"name": "After"})),
            operator
                .post(&format!("{path}/trust_grants/cyber"))
                .header("if-match", condition)
                .json(&json!({"status": "active", "actor": "reviewer"})),
            operator.post(&actions).header("if-match", condition).json(&opening),
            operator
                .post(&format!("{actions}/{}", id(&action)))
                .header("if-match", condition)
                .json(&json!({"transition": "check_submitted"})),
            app.client.delete(&path).header("if-match", condition).send(),
        ]
    };
    for condition in ["\"1-2026-03-24\"", "\"3-ga\", \"1-ga\"", "\"unknown\"", "W/\"2-2026-03-24\""] {
        for answer in attempt(condition) {
            assert_eq!(answer.refused(412), "if-match: The user profile has another revision");
        }
    }
    for condition in ["2", "\"2-ga", "*, \"2-ga\""] {
        for answer in attempt(condition) {
            let message = "if-match: Input should be `*` or a list of 1 to 100 entity tags";
            assert_eq!(answer.refused(400), message);
        }
    }
    assert_eq!((app.client.retrieve(id(&profile)), current(&app.client, &profile)), before);
    // `*` asks for nothing but that it exists; the last of them erases it.
    assert_eq!(attempt("*").map(|answer| answer.status), [200; 5]);
    assert_eq!(attempt("*").map(|answer| answer.status), [404; 5]);
}

#[test]
fn a_tag_is_accepted_in_every_shape_and_in_a_list() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for (revision, shape) in (1..).zip(Shape::ALL) {
        let client = app.client.speaking(shape);
        let condition = format!("\"99-ga\",\"{revision}-2026-03-24\"");
        let answer = client.post(&path(id(&profile))).header("if-match", &condition);
        assert_eq!(answer.json(&json!({"metadata": {"revision": revision.to_string()}})).status, 200);
    }
}

#[test]
fn a_replay_comes_before_the_comparison() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let update = || {
        let request = app.client.post(&path(id(&profile))).header("if-match", "\"1-2026-03-24\"");
        request.header("idempotency-key", "update").json(&json!({"name": "After"}))
    };
    let (first, again) = (update(), update());
    assert!(!first.is_replay() && again.is_replay());
    assert_eq!(tag(&first), tag(&again));
    assert_eq!(first.ok(), again.ok());
    // A condition that does not hold leaves the key free.
    let stale = || {
        let request = app.client.post(&path(id(&profile))).header("if-match", "\"1-2026-03-24\"");
        request.header("idempotency-key", "stale").json(&json!({"name": "Never"}))
    };
    assert_eq!((stale().status, stale().status), (412, 412));
}

#[test]
fn of_concurrent_changes_of_one_revision_exactly_one_is_made() {
    let app = TestApp::start();
    let (other, _replica) = app.another_replica();
    let profile = app.client.create(&json!({"metadata": {"count": "0"}}));
    let clients: Vec<_> = [&app.client, &other].into_iter().cycle().take(8).collect();
    let made = concurrently(&clients, |client| {
        let mut made = 0;
        for _ in 0..20 {
            let read = client.get(&path(id(&profile))).send();
            let count: u32 = read.body["metadata"]["count"].as_str().unwrap().parse().unwrap();
            let body = json!({"metadata": {"count": (count + 1).to_string()}});
            match client.post(&path(id(&profile))).header("if-match", &tag(&read)).json(&body).status {
                200 => made += 1,
                status => assert_eq!(status, 412),
            }
        }
        made
    });
    let made: u32 = made.into_iter().sum();
    assert_eq!(app.client.retrieve(id(&profile))["metadata"]["count"], made.to_string());
    assert_eq!(current(&app.client, &profile), format!("\"{}-2026-03-24\"", made + 1));
}

#[test]
fn an_update_writes_only_the_metadata_pairs_that_change() {
    let app = TestApp::start();
    let pairs: serde_json::Map<_, _> = (0..4).map(|pair| (format!("key_{pair}"), json!("before"))).collect();
    let profile = app.client.create(&json!({"name": "Before", "metadata": pairs}));
    let written = || app.database.texts("select key || ' ' || xmin from user_profile_metadata order by key");
    let before = written();
    app.client.update(id(&profile), &json!({"name": "After"}));
    assert_eq!(written(), before);
    let body = json!({"metadata": {"key_0": "after", "key_1": "", "key_2": "before", "key_4": "new"}});
    let after = app.client.update(id(&profile), &body);
    assert_eq!(after["metadata"], json!({"key_0": "after", "key_2": "before", "key_3": "before", "key_4": "new"}));
    let unchanged = |rows: &[String]| rows.iter().filter(|row| before.contains(row)).count();
    assert_eq!(unchanged(&written()), 2);
}
