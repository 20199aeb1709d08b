//! `uprof export`.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::fs::File;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::directory::Directory;
use crate::command::{at, uprof};
use crate::peer::Peer;
use crate::support::TestApp;
use crate::support::client::id;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn profile(id: &str) -> String {
    json!({"type": "user_profile", "id": id, "name": "A\nB"}).to_string()
}

#[test]
fn a_file_is_what_the_service_exports_in_the_format_of_its_name() {
    let (app, directory) = (TestApp::start(), Directory::new());
    for number in 0..120 {
        app.client.create(&json!({"name": format!("=Name \"{number}\",\n"), "metadata": {"n": number.to_string()}}));
    }
    for (name, arguments) in [
        ("all.ndjson", &["--shape", "2026-03-24"][..]),
        ("all.csv", &["--shape=2026-03-24"]),
        ("all.ndjson.gz", &["--shape=2026-03-24"]),
        ("plain", &["--shape=2026-03-24", "--format=csv"]),
    ] {
        let path = directory.path(name);
        assert_eq!(at(&app, &[&["export", &path][..], arguments].concat()).text(), "");
        let mut text = String::new();
        if name.ends_with("gz") {
            GzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        } else {
            text = directory.read(name);
        }
        let format = if name.contains("ndjson") { "ndjson" } else { "csv" };
        let url = format!("http://{}/v1/user_profiles/export?format={format}", app.address);
        let expected = ureq::get(url)
            .header("x-api-key", &app.key.secret)
            .header("anthropic-beta", "user-profiles-2026-03-24")
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        assert_eq!(text, expected, "{name}");
    }
    assert_eq!(directory.names(), ["all.csv", "all.ndjson", "all.ndjson.gz", "plain"]);
}

#[test]
fn filters_and_a_limit_select_profiles_and_standard_output_is_the_default() {
    let app = TestApp::start();
    for number in 0..6 {
        let (external_id, plan) = (format!("user_{}", number % 3), if number < 3 { "pro" } else { "free" });
        app.client.create(&json!({"external_id": external_id, "metadata": {"plan": plan}}));
    }
    let profiles = app.client.pages("order=asc").concat();
    let exported = |arguments: &[&str]| {
        let mut found = lines(&at(&app, &[&["export"][..], arguments].concat()).text());
        let trailer = found.pop().unwrap();
        assert_eq!(trailer["count"], found.len());
        (found.iter().map(|profile| id(profile).to_owned()).collect::<Vec<_>>(), trailer["next_page"].is_string())
    };
    let ids = |numbers: &[usize]| numbers.iter().map(|number| id(&profiles[*number]).to_owned()).collect::<Vec<_>>();
    assert_eq!(exported(&[]), (ids(&[0, 1, 2, 3, 4, 5]), false));
    assert_eq!(exported(&["-", "--external-id=user_1", "--external-id=user_2"]), (ids(&[1, 2, 4, 5]), false));
    assert_eq!(exported(&["--shape=2026-03-24", "--external-id=user_1", "--metadata=plan=free"]), (ids(&[4]), false));
    assert_eq!(exported(&["--limit=2"]), (ids(&[0, 1]), true));
    assert_eq!(exported(&["--enforcement-status=unrestricted", "--limit=6"]), (ids(&[0, 1, 2, 3, 4, 5]), false));
}

#[test]
fn an_export_that_was_cut_goes_on_after_its_last_whole_line() {
    let (one, two, three) = (profile("uprof_1"), profile("uprof_2"), profile("uprof_3"));
    let trailer =
        |count: u32, next: &Value| format!(r#"{{"type":"export_trailer","count":{count},"next_page":{next}}}"#);
    let peer = Peer::with(&[
        ("503 Service Unavailable", "retry-after: 1\r\n", r#"{"error":{"message":"later"}}"#),
        // Cut within a line, after a whole one that lacks its end, and by a service that stops.
        ("200 OK", "", &format!("{one}\n{}", &two[..20])),
        ("200 OK", "", &two),
        ("200 OK", "", &format!("{two}\n{}\n", trailer(1, &json!("cursor")))),
        ("200 OK", "", &format!("{three}\n{}\n", trailer(1, &Value::Null))),
    ]);
    let ended = peer.call(&["export", "--metadata=a=b"]).run();
    let requests: Vec<_> = peer.seen().into_iter().map(|request| request.line).collect();
    let path = "GET /v1/user_profiles/export?metadata%5Ba%5D=b";
    let expected =
        ["", "", "&after_id=uprof_1", "&after_id=uprof_1", "&page=cursor"].map(|rest| format!("{path}{rest}"));
    assert_eq!(requests, expected);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(ended.stdout, format!("{one}\n{two}\n{three}\n{}\n", trailer(3, &Value::Null)));
}

#[test]
fn an_export_as_csv_goes_on_after_the_last_row_that_was_followed_by_another() {
    let header = "type,id,metadata,name\n";
    let rows =
        ["user_profile,uprof_1,{},\"a\nb\"\n", "user_profile,uprof_2,{},Second\n", "user_profile,uprof_3,{},Third\n"];
    let peer = Peer::answering(&[
        // The second row may lack the rest of its name.
        &format!("{header}{}user_profile,uprof_2,{{}},Sec", rows[0]),
        &format!("{header}{}{}export_trailer,,\"{{\"\"count\"\":2,\"\"next_page\"\":null}}\",\n", rows[1], rows[2]),
    ]);
    let ended = peer.call(&["export", "--format=csv", "--limit=3"]).run();
    let requests: Vec<_> = peer.seen().into_iter().map(|request| request.line).collect();
    let path = "GET /v1/user_profiles/export?limit=";
    assert_eq!(requests, [format!("{path}3"), format!("{path}2&after_id=uprof_1")]);
    let trailer = "export_trailer,,\"{\"\"count\"\":3,\"\"next_page\"\":null}\",\n";
    assert_eq!((ended.status, ended.stdout), (0, format!("{header}{}{trailer}", rows.concat())));
}

#[test]
fn an_export_that_fails_exits_with_2_and_leaves_an_older_file_as_it_was() {
    let (app, directory) = (TestApp::start(), Directory::new());
    let path = directory.write("all.ndjson", "older");
    let refused = at(&app, &["export", &path, "--api-key=uprof_x"]).run();
    assert_eq!((refused.status, refused.stderr.as_str()), (2, "error: the service answers 401: Invalid API key\n"));
    let refused = at(&app, &["export", &path, "--shape=2026-03-24", "--enforcement-status=banned"]).run();
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("enforcement_status: not accepted under user-profiles-2026-03-24"), "{refused:?}");
    let nobody = uprof(&["export", &path, "--base-url=http://127.0.0.1:1", "--api-key=x", "--patience=100ms"]).run();
    assert_eq!(nobody.status, 2);
    assert!(nobody.stderr.contains("is the service running there?"), "{nobody:?}");
    let nowhere = at(&app, &["export", &directory.path("missing/all.ndjson")]).run();
    assert_eq!(nowhere.status, 2);
    let usage = at(&app, &["export", "--limit=0"]).run();
    assert_eq!(usage.status, 2);
    assert_eq!(directory.read("all.ndjson"), "older");
}
