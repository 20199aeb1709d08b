//! The body on standard input.

use std::env;
use std::fs::{self, File};

use serde_json::{Value, json};

use crate::command::{Ended, Input};
use crate::peer::{Peer, Request};

fn create(input: Input<'_>, flags: &[&str]) -> (Ended, Vec<Value>) {
    let peer = Peer::answering(&["{}"]);
    let ended = peer.call(&[&["beta:user-profiles", "create"][..], flags].concat()).input(input).run();
    (ended, peer.seen().iter().map(Request::json).collect())
}

#[track_caller]
fn assert_sent(input: Input<'_>, flags: &[&str], body: Value) {
    let (ended, seen) = create(input, flags);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{ended:?}");
    assert_eq!(seen, [body]);
}

#[test]
fn a_body_is_json_or_yaml() {
    let body = json!({"name": "Example", "metadata": {"plan": "pro"}});
    assert_sent(Input::Piped(r#"{"name": "Example", "metadata": {"plan": "pro"}}"#), &[], body.clone());
    assert_sent(
        Input::Piped("{\n\t\"name\": \"Example\",\n\t\"metadata\": {\"plan\": \"pro\"}\n}\n"),
        &[],
        body.clone(),
    );
    assert_sent(Input::Piped("name: Example\nmetadata:\n  plan: pro\n"), &[], body.clone());
    assert_sent(Input::Piped("---\n# who\nname: 'Example'\nmetadata: {plan: pro}\n"), &[], body);
}

#[test]
fn flags_take_precedence_over_the_body_and_maps_are_merged() {
    let input = "name: Before\nexternal_id: user_1\nmetadata: {a: '1', b: '2'}\n";
    let flags = ["--name", "After", "--metadata", "b=3", "--metadata", "c=4"];
    let body = json!({"name": "After", "external_id": "user_1", "metadata": {"a": "1", "b": "3", "c": "4"}});
    assert_sent(Input::Piped(input), &flags, body);
}

#[test]
fn keys_and_types_of_the_body_are_sent_unchanged() {
    let input = r#"{"nickname": "x", "name": null, "metadata": {"seats": 5}, "list": [1, 2.5, true]}"#;
    assert_sent(
        Input::Piped(input),
        &[],
        json!({"nickname": "x", "name": null, "metadata": {"seats": 5}, "list": [1, 2.5, true]}),
    );
    assert_sent(Input::Piped("name: 'null'"), &[], json!({"name": "null"}));
}

#[test]
fn an_empty_input_is_no_body() {
    for input in ["", "\n", "  \n", "# nothing\n", "null"] {
        assert_sent(Input::Piped(input), &["--name", "a"], json!({"name": "a"}));
        assert_sent(Input::Piped(input), &[], json!({}));
    }
}

#[test]
fn a_file_is_read() {
    let path = env::temp_dir().join(format!("uprof-client-{}", std::process::id()));
    fs::write(&path, "name: Example\n").unwrap();
    assert_sent(Input::File(File::open(&path).unwrap()), &[], json!({"name": "Example"}));
    fs::write(&path, "").unwrap();
    assert_sent(Input::File(File::open(&path).unwrap()), &["--name", "a"], json!({"name": "a"}));
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_pipe_without_data_is_read_for_a_limited_time() {
    assert_sent(Input::Idle, &["--name", "a"], json!({"name": "a"}));
    let (ended, seen) = create(Input::Idle, &[]);
    assert_eq!((ended.status, seen), (0, vec![json!({})]));
    assert!(ended.stderr.starts_with("note: nothing came on standard input"), "{ended:?}");
}

#[test]
fn an_input_that_is_not_a_map_is_refused_in_one_line_and_nothing_is_sent() {
    for input in
        ["user_2,Bob\nuser_3,Eve\n", "[1]", "5", "a: [", "{\"a\": 1", "a: 1\na: 2", "a: 1\n---\nb: 2", "a: .nan"]
    {
        let (ended, seen) = create(Input::Piped(input), &["--name", "a"]);
        assert_eq!((ended.status, ended.stdout.as_str(), seen), (1, "", vec![]), "{input}");
        assert!(ended.stderr.starts_with("error: standard input holds no body ("), "{input}: {ended:?}");
        assert!(ended.stderr.contains("</dev/null") && ended.stderr.lines().count() == 1, "{input}: {ended:?}");
    }
}

#[test]
fn verbs_without_a_body_do_not_read_the_input() {
    for verb in ["retrieve", "delete", "create-enrollment-url"] {
        let peer = Peer::answering(&["{}"]);
        peer.call(&["beta:user-profiles", verb, "a"]).input(Input::Piped("user_2,Bob\n")).text();
        assert_eq!(peer.seen_once().body, "", "{verb}");
    }
    let peer = Peer::answering(&[r#"{"data":[],"next_page":null}"#]);
    peer.call(&["beta:user-profiles", "list"]).input(Input::Idle).text();
    assert_eq!(peer.seen_once().line, "GET /v1/user_profiles?beta=true");
}

#[test]
fn the_action_of_a_link_can_be_a_body() {
    let peer = Peer::answering(&["{}"]);
    let call = peer.call(&["user-profiles:action-urls", "create", "a"]);
    call.input(Input::Piped("action: {type: other}\n")).text();
    assert_eq!(peer.seen_once().json(), json!({"action": {"type": "other"}}));
}
