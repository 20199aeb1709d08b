//! `uprof import`: lines that are created and lines that are rejected.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::directory::Directory;
use crate::command::{Input, at};
use crate::support::{Shape, TestApp};

/// The profiles, oldest first, without what only answers have.
pub(super) fn bodies(app: &TestApp, shape: Shape) -> Vec<Value> {
    let profiles = app.client.speaking(shape).pages("order=asc&limit=100").concat();
    let body = |mut profile: Value| {
        for field in [
            "id",
            "type",
            "created_at",
            "updated_at",
            "trust_grants",
            "programs",
            "enforcement_status",
            "enforcement_actions",
        ] {
            profile.as_object_mut().unwrap().remove(field);
        }
        profile
    };
    profiles.into_iter().map(body).collect()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_line_becomes_a_profile_in_the_shape_whose_fields_it_has() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let text = concat!(
        "{\"external_id\":\"v1\",\"relationship\":\"internal\",\"name\":\"One\",\"metadata\":{\"a\":\"b\"}}\n\n",
        "{\"external_id\":\"v2\",\"access_type\":\"passthrough\",\"external_user_onboarded_at\":\"2026-01-01T00:00:00Z\"}\r\n",
        "{\"external_user_details\":{\"reference_id\":\"v3\",\"country\":\"DE\"}}\n",
        "{\"name\":\"Plain\"}",
    );
    let path = directory.write("a.ndjson", text);
    let said = at(&app, &["import", &path, "--concurrency=1"]).text();
    assert_eq!(said, "4 lines: 4 created, 0 updated, 0 skipped, 0 rejected\n");
    let v1 = bodies(&app, Shape::V1);
    let expected = [("v1", "internal"), ("v2", "resold"), ("v3", "external")];
    for (profile, (external_id, relationship)) in v1.iter().zip(expected) {
        assert_eq!((&profile["external_id"], &profile["relationship"]), (&json!(external_id), &json!(relationship)));
    }
    let ga = bodies(&app, Shape::Ga);
    assert_eq!(ga[1]["external_user_details"]["onboarded_at"], "2026-01-01T00:00:00Z");
    assert_eq!(ga[2]["external_user_details"]["country"], "DE");
    assert_eq!((&ga[3]["name"], &ga[0]["metadata"]), (&json!("Plain"), &json!({"a": "b"})));
    let forced = directory.write("b.ndjson", "{\"external_id\":\"x\"}\n");
    let refused = at(&app, &["import", &forced, "--shape=ga"]).run();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("line 1 is rejected: external_id: not accepted under"), "{refused:?}");
}

#[test]
fn a_line_that_is_wrong_is_rejected_alone_with_the_reason_of_the_service() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(300_000));
    let wrong = [
        ("{\"name\":\"\"}", "name: String should have at least 1 character"),
        ("{\"nam\":\"A\"}", "nam: Extra inputs are not permitted"),
        ("{\"name\":\"A\\u0000\"}", "name: String should not contain a NUL character"),
        ("{\"id\":\"mine\"}", "id: Extra inputs are not permitted"),
        ("{\"name\":\"A\",\"name\":\"B\"}", "Line should be a JSON object: duplicate key \"name\""),
        ("no JSON", "Line should be a JSON object: expected"),
        ("[]", "Line should be a JSON object"),
        ("{\"relationship\":\"resold\"}", "name: "),
        (long.as_str(), "Line should have at most 262144 bytes"),
    ];
    let text: Vec<_> = wrong.iter().flat_map(|(line, _)| [*line, "{\"name\":\"Good\"}"]).collect();
    let path = directory.write("a.ndjson", text.join("\n"));
    let (errors, checked) = (directory.path("errors.ndjson"), directory.path("checked.ndjson"));
    let dry = at(&app, &["import", &path, "--dry-run", "--errors", &checked]).run();
    assert_eq!((dry.status, dry.stdout.as_str()), (1, "18 lines: 9 valid, 9 rejected\n"), "{dry:?}");
    assert_eq!(app.client.list("")["data"], json!([]));
    let ended = at(&app, &["import", &path, "--concurrency=1", "--errors", &errors]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, "18 lines: 9 created, 0 updated, 0 skipped, 9 rejected\n"));
    assert_eq!(ended.stderr, "");
    for file in ["errors.ndjson", "checked.ndjson"] {
        let rejected = lines(&directory.read(file));
        assert_eq!(rejected.len(), wrong.len());
        for (number, (rejected, (line, reason))) in rejected.iter().zip(wrong).enumerate() {
            assert_eq!(rejected["line_number"], 2 * number + 1);
            assert!(rejected["reason"].as_str().unwrap().starts_with(reason), "{file} {rejected} {reason}");
            let shown = rejected["line"].as_str().unwrap();
            assert!(shown == line || (line.len() > 1_000 && line.starts_with(shown)), "{shown}");
        }
    }
    assert_eq!(bodies(&app, Shape::V1).len(), wrong.len());
}

#[test]
fn without_a_file_for_them_the_first_rejected_lines_are_named() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = directory.write("a.ndjson", "{\"name\":5}\n".repeat(12));
    let ended = at(&app, &["import", &path]).run();
    let said: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(said.len(), 11, "{said:?}");
    assert_eq!(said[0], "note: line 1 is rejected: name: Input should be a valid string");
    assert_eq!(said[10], "note: more lines are rejected; --errors FILE stores all of them");
}

#[test]
fn standard_input_and_compressed_files_are_read() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let text = "{\"name\":\"A\"}\n{\"name\":\"B\"}\n";
    let said = at(&app, &["import", "-"]).input(Input::Piped(text)).text();
    assert_eq!(said, "2 lines: 2 created, 0 updated, 0 skipped, 0 rejected\n");
    // Standard input is another import each time.
    at(&app, &["import", "-"]).input(Input::Piped(text)).text();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"name,metadata.plan\nC,pro\n").unwrap();
    let path = directory.write("c.csv.gz", gzip.finish().unwrap());
    at(&app, &["import", &path]).text();
    let names: Vec<_> = bodies(&app, Shape::V1).iter().map(|profile| profile["name"].clone()).collect();
    assert_eq!(names, ["A", "B", "A", "B", "C"]);
    let empty = directory.write("empty.ndjson", "");
    assert_eq!(at(&app, &["import", &empty]).text(), "0 lines: 0 created, 0 updated, 0 skipped, 0 rejected\n");
}

#[test]
fn columns_are_fields_by_their_names_or_by_a_map() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path =
        directory.write("a.csv", "external_id,name,metadata.plan,metadata.seats\nu1,\"A, \"\"B\"\"\",pro,5\nu2,,,\n");
    at(&app, &["import", &path]).text();
    let path = directory.write("b.csv", "id,Customer Name,Email\nu3,\"=A\nB\",a@example.com\n");
    let maps = ["--map=id=external_user_details.reference_id", "--map=Customer Name=name"];
    at(&app, &[&["import", &path][..], &maps].concat()).text();
    let path = directory.write("c.ndjson", "{\"id\":7,\"traits\":{\"name\":\"C\",\"plan\":\"x\"},\"state\":[]}\n");
    let maps = ["--map=id=external_id", "--map=traits.name=name", "--map=traits.plan=metadata.plan"];
    at(&app, &[&["import", &path][..], &maps].concat()).text();
    let found: Vec<_> = bodies(&app, Shape::V1)
        .iter()
        .map(|profile| json!([profile["external_id"], profile["name"], profile["metadata"]]))
        .collect();
    let expected = [
        json!(["u1", "A, \"B\"", {"plan": "pro", "seats": "5"}]),
        json!(["u2", null, {}]),
        json!(["u3", "=A\nB", {}]),
        json!(["7", "C", {"plan": "x"}]),
    ];
    assert_eq!(found, expected);
    let missing = at(&app, &["import", &directory.path("b.csv"), "--map=nope=name", "--restart"]).run();
    assert_eq!((missing.status, missing.stderr.as_str()), (2, "error: the file has no column \"nope\"\n"));
    let unknown = directory.write("d.csv", "external_id,plan\nu9,pro\n");
    let refused = at(&app, &["import", &unknown]).run();
    assert!(refused.status == 1 && refused.stderr.contains("plan: Extra inputs are not permitted"), "{refused:?}");
}
