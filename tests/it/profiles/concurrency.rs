//! What happens to one profile, or in one organization, at the same moment.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::client::{PROFILES, id, path};
use crate::support::page::Page;
use crate::support::threads::concurrently;
use crate::support::{Answer, Client, TestApp};

fn update(client: &Client, profile: &Value, changes: &Value) -> Answer {
    client.post(&path(id(profile))).json(changes)
}

#[test]
fn concurrent_updates_never_lose_a_metadata_key() {
    let app = TestApp::start();
    for round in 0..30 {
        let profile = app.client.create(&json!({"metadata": {"removed": "x", "retained": "x"}}));
        let changes = [json!({"a": "1"}), json!({"b": "2", "c": "3"}), json!({"removed": ""}), json!({"d": "4"})];
        for answer in concurrently(&changes, |change| update(&app.client, &profile, &json!({"metadata": change}))) {
            answer.ok();
        }
        let expected = json!({"a": "1", "b": "2", "c": "3", "d": "4", "retained": "x"});
        assert_eq!(app.client.retrieve(id(&profile))["metadata"], expected, "round {round}");
    }
}

#[test]
fn concurrent_updates_of_two_processes_never_lose_a_metadata_key() {
    let app = TestApp::start();
    let (other, _replica) = app.another_replica();
    let profiles: Vec<_> = (0..2).map(|_| app.client.create(&json!({}))).collect();
    let writers: Vec<_> = (0..8).map(|writer| (writer, if writer % 2 == 0 { &app.client } else { &other })).collect();
    concurrently(&writers, |(writer, client)| {
        for count in 1..=15 {
            // Against each other's order, so that batches meet the same rows from both ends.
            let profile = &profiles[(writer / 2 + count) % 2];
            let answer =
                update(client, profile, &json!({"metadata": {format!("writer_{writer}"): count.to_string()}})).ok();
            assert_eq!(answer["metadata"][format!("writer_{writer}")], count.to_string());
        }
    });
    for (index, profile) in profiles.iter().enumerate() {
        let last = |writer: usize| if (writer / 2 + 15) % 2 == index { "15" } else { "14" };
        let expected: serde_json::Map<_, _> =
            (0..8).map(|writer| (format!("writer_{writer}"), json!(last(writer)))).collect();
        assert_eq!(app.client.retrieve(id(profile))["metadata"], Value::Object(expected));
    }
}

#[test]
fn concurrent_updates_never_lose_a_field() {
    let app = TestApp::start();
    for round in 0..20 {
        let profile = app.client.create(&json!({"name": "Before"}));
        let changes = [
            json!({"name": "After"}),
            json!({"external_id": "after"}),
            json!({"relationship": "internal"}),
            json!({"metadata": {"plan": "pro"}}),
            json!({}),
        ];
        for answer in concurrently(&changes, |change| update(&app.client, &profile, change)) {
            answer.ok();
        }
        let after = app.client.retrieve(id(&profile));
        let fields = ["name", "external_id", "relationship", "metadata"].map(|field| after[field].clone());
        assert_eq!(json!(fields), json!(["After", "after", "internal", {"plan": "pro"}]), "round {round}");
    }
}

#[test]
fn concurrent_updates_never_leave_more_than_sixteen_pairs() {
    let app = TestApp::start();
    for round in 0..10 {
        let before: serde_json::Map<_, _> = (0..10).map(|number| (format!("old{number}"), json!("x"))).collect();
        let profile = app.client.create(&json!({"metadata": before}));
        let keys: Vec<_> = (0..12).map(|number| format!("new{number}")).collect();
        let answers = concurrently(&keys, |key| update(&app.client, &profile, &json!({"metadata": {key: "x"}})));
        let mut added = BTreeSet::new();
        for (key, answer) in keys.iter().zip(answers) {
            if answer.status == 200 {
                added.insert(key.as_str());
            } else {
                assert_eq!(answer.refused(400), "metadata: Object should have at most 16 pairs");
            }
        }
        let after = app.client.retrieve(id(&profile))["metadata"].clone();
        let stored: BTreeSet<_> = after.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(stored.len(), 16, "round {round}");
        assert_eq!(stored.into_iter().filter(|key| key.starts_with("new")).collect::<BTreeSet<_>>(), added);
    }
}

#[test]
fn concurrent_updates_never_leave_a_resold_profile_without_a_name() {
    let app = TestApp::start();
    for _ in 0..20 {
        let profile = app.client.create(&json!({"name": "Before"}));
        let changes = [json!({"name": null}), json!({"relationship": "resold"})];
        let answers = concurrently(&changes, |change| update(&app.client, &profile, change).status);
        let after = app.client.retrieve(id(&profile));
        assert!(after["relationship"] != "resold" || after["name"] == "Before", "{after}");
        assert!(answers == [200, 400] || answers == [400, 200], "{answers:?}");
    }
}

#[test]
fn of_concurrent_deletes_one_succeeds_and_updates_succeed_or_find_nothing() {
    let app = TestApp::start();
    for _ in 0..15 {
        let profile = app.client.create(&json!({"metadata": {"plan": "pro"}}));
        let answers = concurrently(&[true, false, true, false, true], |delete| {
            if *delete {
                return (true, app.client.delete(&path(id(&profile))).send());
            }
            (false, update(&app.client, &profile, &json!({"name": "After", "metadata": {"plan": "free", "new": "x"}})))
        });
        let mut deleted = 0;
        for (delete, answer) in answers {
            if answer.status == 200 {
                deleted += usize::from(delete);
            } else {
                answer.refused(404);
            }
        }
        assert_eq!(deleted, 1);
        app.client.get(&path(id(&profile))).send().refused(404);
    }
    assert_eq!(app.client.list("")["data"], json!([]));
}

#[test]
fn concurrent_creates_are_all_stored_under_different_ids() {
    let app = TestApp::start();
    let numbers: Vec<_> = (0..16).collect();
    let created = concurrently(&numbers, |thread| {
        (0..5).map(|number| app.client.create(&json!({"name": format!("{thread}-{number}")}))).collect::<Vec<_>>()
    });
    let mut created = created.concat();
    created.sort_by(|one, other| id(one).cmp(id(other)));
    assert_eq!(app.client.pages("order=asc&limit=7").concat(), created);
    assert_eq!(created.iter().map(id).collect::<BTreeSet<_>>().len(), 80);
    assert_eq!(app.client.get(PROFILES).send().ok()["data"].as_array().unwrap().len(), 20);
}

#[test]
fn of_concurrent_submissions_one_requests_the_grant() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    // Twice each of four links.
    let links: Vec<_> = (0..4).map(|_| app.link(id(&profile))).flat_map(|link| [link.clone(), link]).collect();
    let pages = concurrently(&links, |link| Page::submit(link));
    assert!(pages.iter().all(|page| page.status == 303), "{pages:?}");
    let ended = pages.iter().filter(|page| page.header("location") == "done").count();
    assert!((1..=2).contains(&ended), "{pages:?}");
    assert_eq!(app.client.retrieve(id(&profile))["trust_grants"], json!({"cyber": {"status": "pending"}}));
    assert_eq!(app.database.count("trust_grant_decisions"), 1);
    assert_eq!(app.database.count("events where kind = 'user_profile.program_status_updated'"), 1);
    assert_eq!(app.database.count("enrollments where used_at is not null"), 1, "the others can still be opened");
}

#[test]
fn a_submission_beside_updates_and_an_erasure_never_fails() {
    let app = TestApp::start();
    for round in 0..20 {
        let profile = app.client.create(&json!({"name": "Before"}));
        let link = app.link(id(&profile));
        let work: [&(dyn Fn() -> u16 + Sync); 4] = [
            &|| Page::submit(&link).status,
            &|| update(&app.client, &profile, &json!({"name": "After"})).status,
            &|| app.client.delete(&path(id(&profile))).send().status,
            &|| Page::open(&link).status,
        ];
        let statuses = concurrently(&work, |work| work());
        assert!([303, 404].contains(&statuses[0]), "round {round}: {statuses:?}");
        assert!([200, 404].contains(&statuses[1]) && [200, 404].contains(&statuses[3]), "round {round}: {statuses:?}");
        assert_eq!(statuses[2], 200, "round {round}");
    }
    for table in ["enrollments", "trust_grants", "trust_grant_decisions"] {
        assert_eq!(app.database.count(table), 0, "{table}");
    }
}
