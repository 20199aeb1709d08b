//! What holds for any input.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::support::client::{PROFILES, id, path};
use crate::support::{Answer, TestApp};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() }
}

/// A text that every rule lets pass, mostly a short one.
fn text(max: usize) -> impl Strategy<Value = String> {
    let character = any::<char>().prop_filter("the one that the database cannot hold", |character| *character != '\0');
    prop_oneof![
        8 => vec(character.clone(), 1..=12),
        1 => vec(character.clone(), max),
        1 => vec(character, 1..=max),
    ]
    .prop_map(String::from_iter)
}

prop_compose! {
    /// A create that is accepted.
    fn accepted()(
        relationship in prop_oneof![Just(None), Just(Some("external")), Just(Some("internal")), Just(Some("resold"))],
        name in option::of(text(255)),
        needed_name in text(255),
        external_id in option::of(text(255)),
        metadata in option::of(btree_map(text(64), text(512), 0..=16)),
    ) -> Value {
        let name = if relationship == Some("resold") { Some(name.unwrap_or(needed_name)) } else { name };
        json!({"name": name, "external_id": external_id, "relationship": relationship, "metadata": metadata})
    }
}

/// JSON that looks somewhat like what the service takes.
fn arbitrary_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        4 => prop::sample::select(vec!["name", "external_id", "relationship", "metadata", "access_type", "type"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["external", "resold", "internal", "\0", ""]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..6).prop_map(Value::from),
            4 => btree_map(key.clone(), inner, 0..20).prop_map(|object| object.into_iter().collect::<Value>()),
        ]
    })
}

/// Success or the caller's own fault. (That the answer has its form is checked for every answer.)
fn is_no_fault_of_ours(answer: &Answer) -> bool {
    (200..500).contains(&answer.status)
}

#[test]
fn any_accepted_create_reads_back_equal_through_retrieve_and_list() {
    let app = TestApp::start();
    proptest!(config(150), |(sent in accepted())| {
        let profile = app.client.create(&sent);
        prop_assert_eq!(&profile["name"], &sent["name"]);
        prop_assert_eq!(&profile["external_id"], &sent["external_id"]);
        let relationship = sent["relationship"].as_str().unwrap_or("external");
        prop_assert_eq!(&profile["relationship"], relationship);
        let metadata = if sent["metadata"].is_null() { json!({}) } else { sent["metadata"].clone() };
        prop_assert_eq!(&profile["metadata"], &metadata);
        prop_assert_eq!(&app.client.retrieve(id(&profile)), &profile);
        prop_assert_eq!(&app.client.list("limit=1")["data"][0], &profile);
        // What it says already, an update does not change.
        prop_assert_eq!(&app.client.update(id(&profile), &sent)["metadata"], &metadata);
    });
}

#[test]
fn updates_are_merged_as_a_model_merges_them() {
    let app = TestApp::start();
    let patch = || btree_map("[a-e]{1,2}", prop_oneof![1 => Just(String::new()), 3 => text(20)], 0..16);
    proptest!(config(60), |(patches in vec(patch(), 1..6))| {
        let profile = app.client.create(&json!({}));
        let mut model = BTreeMap::new();
        for patch in &patches {
            let mut merged = model.clone();
            for (key, value) in patch {
                if value.is_empty() { merged.remove(key) } else { merged.insert(key.clone(), value.clone()) };
            }
            let answer = app.client.post(&path(id(&profile))).json(&json!({"metadata": patch}));
            if merged.len() > 16 {
                answer.refused(400);
            } else {
                model = merged;
                prop_assert_eq!(&answer.ok()["metadata"], &json!(model));
            }
            prop_assert_eq!(&app.client.retrieve(id(&profile))["metadata"], &json!(model));
        }
    });
}

#[test]
fn arbitrary_json_is_never_a_fault_of_the_service() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    proptest!(config(300), |(body in arbitrary_json())| {
        let created = app.client.post(PROFILES).json(&body);
        prop_assert!(is_no_fault_of_ours(&created), "{}", created.body);
        let updated = app.client.post(&path(id(&profile))).json(&body);
        prop_assert!(is_no_fault_of_ours(&updated), "{}", updated.body);
    });
}

#[test]
fn arbitrary_bytes_are_never_a_fault_of_the_service() {
    let app = TestApp::start();
    let good = br#"{"name":"\ud83d\ude00","metadata":{"plan":"pro"},"relationship":"external"}"#.to_vec();
    let broken = (0..good.len(), any::<u8>()).prop_map(move |(at, byte)| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    });
    proptest!(config(150), |(bytes in prop_oneof![broken, vec(any::<u8>(), 0..200)])| {
        let answer = app.client.post(PROFILES).json_text(bytes);
        prop_assert!(is_no_fault_of_ours(&answer), "{}", answer.body);
    });
}

#[test]
fn arbitrary_paths_queries_and_headers_are_never_a_fault_of_the_service() {
    let app = TestApp::start();
    let id = "[!-~]{0,40}".prop_map(|text| text.replace(['#', '?'], "%"));
    let parameter = ("limit|order|order_by|page|beta|x", "[ -~]{0,30}|%[0-9A-F]{2}|[0-9]{1,20}");
    let query = vec(parameter, 0..5).prop_map(|pairs| {
        let escaped = |text: &str| text.replace([' ', '#', '"', '<', '>', '\\', '^', '`', '{', '|', '}'], "+");
        pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
    });
    let header = "[ -~]{0,40}|user-profiles-[0-9]{4}-[0-9]{2}-[0-9]{2}(,user-profiles-2026-03-24)?";
    proptest!(config(150), |(id in id, query in query, beta in header, version in header)| {
        let client = app.client.with_beta(beta.trim());
        // Some paths are none that a client would send.
        let target = format!("{PROFILES}/{}", id.replace(['"', '<', '>', '\\', '^', '`', '{', '|', '}'], "+"));
        prop_assert!(is_no_fault_of_ours(&client.get(&target).send()));
        let answer = app.client.get(&format!("{PROFILES}?{query}")).header("anthropic-version", version.trim()).send();
        prop_assert!(is_no_fault_of_ours(&answer), "{}", answer.body);
    });
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Meanwhile {
    Create(Option<String>),
    Delete(prop::sample::Index),
    TurnThePage,
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    prop_oneof![
        1 => option::of("[A-Ca-cé]{1,2}").prop_map(Meanwhile::Create),
        1 => any::<prop::sample::Index>().prop_map(Meanwhile::Delete),
        2 => Just(Meanwhile::TurnThePage),
    ]
}

#[test]
fn paging_through_creates_and_deletes_never_repeats_or_skips_a_survivor() {
    let app = TestApp::start();
    let start = vec(option::of("[A-Ca-cé]{1,2}"), 0..12);
    let orders = prop::sample::select(vec!["order=asc", "order=desc", "order_by=name", "order_by=name&order=asc"]);
    proptest!(config(60), |(start in start, order in orders, limit in 1..5_u32, events in vec(meanwhile(), 0..20))| {
        let client = app.client.with_key(&app.strangers_key());
        let create = |name: &Option<String>| id(&client.create(&json!({"name": name}))).to_owned();
        let first: Vec<_> = start.iter().map(create).collect();
        let mut alive = first.clone();
        let (mut seen, mut deleted) = (Vec::new(), BTreeSet::new());
        let mut next = Some(String::new());
        let last_pages = std::iter::repeat_n(Meanwhile::TurnThePage, 60);
        for event in events.into_iter().chain(last_pages) {
            match event {
                Meanwhile::Create(name) => alive.push(create(&name)),
                Meanwhile::Delete(which) if !alive.is_empty() => {
                    let id = alive.remove(which.index(alive.len()));
                    client.delete(&path(&id)).send().ok();
                    deleted.insert(id);
                }
                Meanwhile::TurnThePage => {
                    let Some(cursor) = next.take() else { break };
                    let page = client.list(&format!("limit={limit}&{order}{cursor}"));
                    let data = page["data"].as_array().unwrap();
                    prop_assert!(data.iter().all(|profile| alive.iter().any(|id| profile["id"] == id.as_str())));
                    prop_assert!(!data.is_empty() || page["next_page"].is_null());
                    seen.extend(data.iter().map(|profile| id(profile).to_owned()));
                    next = page["next_page"].as_str().map(|cursor| format!("&page={cursor}"));
                }
                Meanwhile::Delete(_) => {}
            }
        }
        prop_assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "repeated: {:?}", seen);
        for survivor in first.iter().filter(|id| !deleted.contains(*id)) {
            prop_assert!(seen.contains(survivor), "skipped: {}", survivor);
        }
        match order {
            "order=asc" => prop_assert!(seen.is_sorted()),
            "order=desc" => prop_assert!(seen.is_sorted_by(|one, next| one > next)),
            _ => {}
        }
    });
}
