//! A batch does what its requests do one by one.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::requests::{BATCH, body};
use crate::support::client::{PROFILES, id, path};
use crate::support::{Client, Shape, TestApp};

/// How many profiles there are before.
const BEFORE: usize = 3;

/// A write: of a new profile, or of one by its number; the last two numbers name nothing.
type Write = (Option<usize>, Value);

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => "[a-zé\u{1f600}\"\\\\\u{1}]{1,8}".prop_map(Value::from),
        1 => Just(json!("")),
        1 => Just(json!("n".repeat(256))),
        1 => Just(json!("a\u{0}")),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
    ]
}

prop_compose! {
    fn params()(
        name in option::of(text()),
        external_id in option::weighted(0.3, text()),
        relationship in option::weighted(0.3, select(vec!["external", "internal", "resold", "other"])),
        access_type in option::weighted(0.2, select(vec!["application", "passthrough"])),
        metadata in option::of(btree_map("[a-f]{1,2}", text(), 0..8)),
    ) -> Value {
        let fields = [
            ("name", name),
            ("external_id", external_id),
            ("relationship", relationship.map(Value::from)),
            ("access_type", access_type.map(Value::from)),
            ("metadata", metadata.map(|pairs| pairs.into_iter().collect())),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Value>()
    }
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    vec((option::of(0..BEFORE + 2), params()), 1..24)
}

/// The profiles of an organization before, the results of its writes, and its profiles afterwards.
struct Side {
    client: Client,
    ids: Vec<String>,
}

impl Side {
    fn new(app: &TestApp, shape: Shape) -> Self {
        let client = app.client.with_key(&app.strangers_key()).speaking(shape);
        let mut ids: Vec<_> =
            (0..BEFORE).map(|at| id(&client.create(&json!({"name": format!("Before {at}")}))).to_owned()).collect();
        ids.extend(["uprof_010000000000000000000000".to_owned(), "nonsense".to_owned()]);
        Self { client, ids }
    }

    fn one_by_one(&self, writes: &[Write]) -> Vec<Value> {
        let single = |(target, params): &Write| {
            let path = target.map_or(PROFILES.to_owned(), |target| path(&self.ids[target]));
            let answer = self.client.post(&path).json(params);
            if answer.status == 200 {
                json!({"type": "succeeded", "user_profile": answer.body})
            } else {
                let error = &answer.body["error"];
                json!({"type": "errored", "error": {"type": error["type"], "message": error["message"]}})
            }
        };
        writes.iter().map(single).collect()
    }

    fn at_once(&self, writes: &[Write]) -> Vec<Value> {
        let request = |(at, (target, params)): (usize, &Write)| {
            let mut request = json!({"custom_id": at.to_string(), "params": params});
            if let Some(target) = target {
                request["user_profile_id"] = json!(self.ids[*target]);
            }
            request
        };
        let requests: Vec<_> = writes.iter().enumerate().map(request).collect();
        let answer = self.client.post(BATCH).json(&body(&requests)).ok();
        answer["results"].as_array().unwrap().iter().map(|result| result["result"].clone()).collect()
    }

    /// Every profile, oldest first, with its revision.
    fn stored(&self) -> Vec<Value> {
        let pages = self.client.pages("order=asc&limit=100");
        let with_tag = |profile: Value| {
            let answer = self.client.get(&path(id(&profile))).send();
            let tag = answer.header("etag").unwrap().to_owned();
            assert_eq!(answer.ok(), profile);
            json!({"profile": profile, "tag": tag})
        };
        pages.into_iter().flatten().map(with_tag).collect()
    }
}

/// `value` without what differs between two runs: ids and times, which are reduced to whether the profile has changed.
fn comparable(mut value: Value) -> Value {
    let pointer = if value["profile"].is_object() { "/profile" } else { "/user_profile" };
    if let Some(profile) = value.pointer_mut(pointer) {
        let has_changed = profile["created_at"] != profile["updated_at"];
        for field in ["id", "created_at", "updated_at"] {
            profile[field] = Value::Null;
        }
        profile["has_changed"] = has_changed.into();
    }
    value
}

#[test]
fn a_batch_does_what_its_requests_do_one_by_one() {
    let app = TestApp::start();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let cases = (select(Shape::ALL.to_vec()), writes());
    runner
        .run(&cases, |(shape, writes)| {
            let [single, batch] = [(); 2].map(|()| Side::new(&app, shape));
            let expected: Vec<_> = single.one_by_one(&writes).into_iter().map(comparable).collect();
            let found: Vec<_> = batch.at_once(&writes).into_iter().map(comparable).collect();
            prop_assert_eq!(found, expected);
            let [expected, found] =
                [single, batch].map(|side| side.stored().into_iter().map(comparable).collect::<Vec<_>>());
            prop_assert_eq!(found, expected);
            Ok(())
        })
        .unwrap();
}
