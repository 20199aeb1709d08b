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
fn a_flag_replaces_a_field_of_the_body_and_a_pair_is_added_to_its_map() {
    let input = "name: Before\nexternal_id: user_1\nmetadata: {a: '1', b: '2'}\n";
    let flags = ["--name", "After", "--metadata", "{b: '3'}"];
    let body = json!({"name": "After", "external_id": "user_1", "metadata": {"b": "3"}});
    assert_sent(Input::Piped(input), &flags, body);
    let body = json!({"name": "Before", "external_id": "user_1", "metadata": {"a": "1", "b": "3", "c": "4"}});
    assert_sent(Input::Piped(input), &["--metadata", "b=3", "--metadata", "c=4"], body);
    let body = json!({"external_user_details": {"country": "NO", "reference_id": "r"}});
    let details = "external_user_details: {country: SE, reference_id: r}";
    assert_sent(Input::Piped(details), &["--external-user-details.country", "NO"], body);
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
    for input in ["", "\n", "  \n"] {
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
    for input in [
        "user_2,Bob\nuser_3,Eve\n",
        "[1]",
        "5",
        "null",
        "# nothing\n",
        "a: [",
        "{\"a\": 1",
        "a: 1\na: 2",
        "a: 1\n---\nb: 2",
        "a: .nan",
    ] {
        let (ended, seen) = create(Input::Piped(input), &["--name", "a"]);
        assert_eq!((ended.status, ended.stdout.as_str(), seen), (1, "", vec![]), "{input}");
        assert!(ended.stderr.starts_with("error: standard input holds no body ("), "{input}: {ended:?}");
        assert!(ended.stderr.contains("</dev/null") && ended.stderr.lines().count() == 1, "{input}: {ended:?}");
    }
}

#[test]
fn the_input_also_fills_the_path_and_headers_and_the_body_is_what_is_left() {
    let input = "{user_profile_id: uprof_2, anthropic-beta: b1, name: S, limit: 4}";
    for (arguments, id, betas) in [
        (&[][..], "uprof_2", "b1"),
        (&["uprof_1"], "uprof_1", "b1"),
        (&["--user-profile-id=uprof_1", "--beta=b2"], "uprof_1", "b2"),
    ] {
        let peer = Peer::answering(&["{}"]);
        peer.call(&[&["user-profiles", "update"][..], arguments].concat()).input(Input::Piped(input)).text();
        let request = peer.seen_once();
        assert_eq!(request.line, format!("POST /v1/user_profiles/{id}"), "{arguments:?}");
        assert_eq!(request.header("anthropic-beta"), [betas], "{arguments:?}");
        assert_eq!(request.json(), json!({"name": "S", "limit": 4}), "{arguments:?}");
    }
    let peer = Peer::answering(&["{}"]);
    let call = peer.call(&["user-profiles:action-urls", "create"]);
    call.input(Input::Piped("{user_profile_id: 5, anthropic-beta: [b1, b2]}")).text();
    let request = peer.seen_once();
    assert_eq!(request.line, "POST /v1/user_profiles/5/action_urls");
    assert_eq!(request.header("anthropic-beta"), ["b1", "b2"]);
    assert_eq!(request.json(), json!({"action": {"type": "enroll_end_user"}}));
}

#[test]
fn a_verb_without_a_body_reads_the_input_only_for_its_id() {
    for verb in ["retrieve", "delete", "create-enrollment-url"] {
        let peer = Peer::answering(&["{}"]);
        peer.call(&["beta:user-profiles", verb, "a"]).input(Input::Piped("user_2,Bob\n")).text();
        peer.call(&["beta:user-profiles", verb]).input(Input::Piped("{user_profile_id: b, name: x}")).text();
        let seen = peer.seen();
        let sent: Vec<_> = seen.iter().map(|request| (request.line.split(['/', '?']).nth(3), &*request.body)).collect();
        assert_eq!(sent, [(Some("a"), ""), (Some("b"), "")], "{verb}");
    }
}

#[test]
fn a_verb_without_an_id_is_refused_and_nothing_is_sent() {
    for (verb, input) in [
        ("retrieve", Input::None),
        ("update", Input::Piped("name: S")),
        ("delete", Input::Piped("user_profile_id: null")),
        ("delete", Input::Piped("user_profile_id: [a]")),
        ("create-enrollment-url", Input::Piped("user_profile_id: ..")),
    ] {
        let peer = Peer::answering(&["{}"]);
        let refused = peer.call(&["user-profiles", verb]).input(input).run();
        assert_eq!((refused.status, refused.stdout.as_str(), peer.seen().len()), (1, "", 0), "{verb}: {refused:?}");
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.lines().count() == 1, "{verb}: {refused:?}");
    }
}

#[test]
fn the_input_fills_the_query_of_a_list() {
    let page = r#"{"data":[],"next_page":null}"#;
    let input = "{limit: 4, order: asc, order_by: name, page: p1, enforcement_status: [banned, pending], name: x}";
    let all =
        "limit=4&order=asc&order_by=name&enforcement_status%5B%5D=banned&enforcement_status%5B%5D=pending&page=p1";
    let mixed = "limit=5&order=asc&order_by=name&enforcement_status%5B%5D=restricted&page=p1";
    for (flags, input, query) in [
        (&[][..], Input::Piped(input), format!("?{all}")),
        (&["--limit=5", "--enforcement-status=restricted"], Input::Piped(input), format!("?{mixed}")),
        (&[], Input::Piped("user_2,Bob\n"), String::new()),
        (&[], Input::Idle, String::new()),
    ] {
        let peer = Peer::answering(&[page]);
        peer.call(&[&["user-profiles", "list"][..], flags].concat()).input(input).text();
        assert_eq!(peer.seen_once().line, format!("GET /v1/user_profiles{query}"));
    }
    let peer = Peer::answering(&[page]);
    let refused = peer.call(&["beta:user-profiles", "list"]).input(Input::Piped("limit: [4]")).run();
    assert_eq!((refused.status, peer.seen().len()), (1, 0), "{refused:?}");
}

#[test]
fn the_action_of_a_link_can_be_a_body() {
    let peer = Peer::answering(&["{}"]);
    let call = peer.call(&["user-profiles:action-urls", "create", "a"]);
    call.input(Input::Piped("action: {type: other}\n")).text();
    assert_eq!(peer.seen_once().json(), json!({"action": {"type": "other"}}));
}
