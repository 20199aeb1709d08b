//! `uprof import` of profiles that are there already.

use serde_json::{Value, json};

use super::directory::Directory;
use crate::command::at;
use crate::support::{Shape, TestApp};

fn summary(app: &TestApp) -> Vec<Value> {
    let profiles = app.client.pages("order=asc&limit=100").concat();
    profiles.iter().map(|profile| json!([profile["external_id"], profile["name"], profile["metadata"]])).collect()
}

const LINES: &str = concat!(
    "{\"external_id\":\"old\",\"name\":null,\"metadata\":{\"b\":\"2\"}}\n",
    "{\"external_id\":\"new\",\"name\":\"New\"}\n",
    "{\"name\":\"Without\"}\n",
);

fn with_old() -> (TestApp, Directory, String) {
    let (app, directory) = (TestApp::start(), Directory::new());
    app.client.create(&json!({"external_id": "old", "name": "Old", "metadata": {"a": "1"}}));
    let path = directory.write("a.ndjson", LINES);
    (app, directory, path)
}

#[test]
fn a_line_whose_external_id_has_a_profile_is_skipped_by_default() {
    let (app, _directory, path) = with_old();
    let said = at(&app, &["import", &path, "--concurrency=1"]).text();
    assert_eq!(said, "3 lines: 2 created, 0 updated, 1 skipped, 0 rejected\n");
    let expected = [json!(["old", "Old", {"a": "1"}]), json!(["new", "New", {}]), json!([null, "Without", {}])];
    assert_eq!(summary(&app), expected);
}

#[test]
fn or_updates_the_profile_with_the_fields_that_it_has() {
    let (app, _directory, path) = with_old();
    let said = at(&app, &["import", &path, "--on-existing=update", "--concurrency=1"]).text();
    assert_eq!(said, "3 lines: 2 created, 1 updated, 0 skipped, 0 rejected\n");
    let old = json!(["old", "Old", {"a": "1", "b": "2"}]);
    assert_eq!(summary(&app), [old, json!(["new", "New", {}]), json!([null, "Without", {}])]);
}

#[test]
fn or_becomes_another_profile() {
    let (app, _directory, path) = with_old();
    let said = at(&app, &["import", &path, "--on-existing=create"]).text();
    assert_eq!(said, "3 lines: 3 created, 0 updated, 0 skipped, 0 rejected\n");
    assert_eq!(summary(&app).len(), 4);
}

#[test]
fn batches_that_were_done_and_not_recorded_are_recognized_whatever_is_found_of_them() {
    for mode in ["skip", "update", "create"] {
        let (app, _directory, path) = with_old();
        let command = ["import", &path, "--batch-lines=2", "--on-existing", mode];
        let said = at(&app, &command).text();
        let before = app.client.pages("order=asc").concat();
        // As if nothing had been recorded: line 2 has a profile now, and line 3 cannot be looked up.
        let again = at(&app, &[&command[..], &["--restart"]].concat()).text();
        assert_eq!(app.client.pages("order=asc").concat(), before, "{mode}");
        // The first batch found a profile, so that the answer to it is not known for sure; all of it is there.
        assert!(
            again == said || (mode != "create" && again.starts_with("3 lines:") && again.ends_with("0 rejected\n")),
            "{again}"
        );
    }
}

#[test]
fn a_later_line_meets_the_profile_of_an_earlier_one() {
    let (app, directory) = (TestApp::start(), Directory::new());
    // Many of one id, so that they would race if they were sent at once.
    let line = |number: u32| {
        let pair = format!("k{}", number % 7);
        json!({"external_id": format!("user_{}", number % 3), "name": number.to_string(), "metadata": {pair: "v"}})
            .to_string()
    };
    let text = (0..60).map(line).collect::<Vec<_>>().join("\n");
    let path = directory.write("a.ndjson", &text);
    let said = at(&app, &["import", &path, "--on-existing=update", "--concurrency=8"]).text();
    assert_eq!(said, "60 lines: 3 created, 57 updated, 0 skipped, 0 rejected\n");
    let all: Value = (0..7).map(|key| (format!("k{key}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    let expected = [("user_0", "57"), ("user_1", "58"), ("user_2", "59")].map(|(id, name)| json!([id, name, all]));
    let mut found = summary(&app);
    found.sort_by_key(|profile| profile[0].as_str().unwrap().to_owned());
    assert_eq!(found, expected);
    let again = directory.write("b.ndjson", &text);
    let said = at(&app, &["import", &again, "--concurrency=8"]).text();
    assert_eq!(said, "60 lines: 0 created, 0 updated, 60 skipped, 0 rejected\n");
}

#[test]
fn an_update_of_an_id_that_several_profiles_have_is_rejected() {
    let (app, _directory, path) = with_old();
    app.client.create(&json!({"external_id": "old"}));
    let ended = at(&app, &["import", &path, "--on-existing=update"]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, "3 lines: 2 created, 0 updated, 0 skipped, 1 rejected\n"));
    assert!(ended.stderr.contains("line 1 is rejected: 2 profiles have this external id"), "{ended:?}");
}

#[test]
fn external_ids_of_any_characters_and_lengths_are_found_in_every_shape() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let ids: Vec<String> = (0..230)
        .map(|number| match number % 4 {
            0 => format!("&=#?/ %[]{number}"),
            1 => format!("{}{number}", "é😀".repeat(120)),
            2 => format!("{number}\n\t\"'"),
            _ => number.to_string(),
        })
        .collect();
    for (shape, mode) in [(Shape::V1, "skip"), (Shape::V2, "skip"), (Shape::V3, "update"), (Shape::Ga, "skip")] {
        let body = |id: &String| match shape {
            Shape::V1 => json!({"external_id": id}),
            Shape::V2 => json!({"external_id": id, "access_type": "application"}),
            Shape::V3 | Shape::Ga => json!({"external_user_details": {"reference_id": id}}),
        };
        let text: Vec<_> = ids.iter().map(|id| body(id).to_string()).collect();
        let path = directory.write(&format!("{}.ndjson", shape.label()), text.join("\n"));
        let mode = format!("--on-existing={mode}");
        at(&app, &["import", &path, &mode, "--shape", shape.label()]).text();
        assert_eq!(app.client.pages("limit=100").concat().len(), ids.len(), "{shape:?}");
    }
}
