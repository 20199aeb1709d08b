//! How answers are printed.

use crate::peer::Peer;

const PROFILE: &str = r#"{"id":"uprof_1","metadata":{"plan":"pro","on":"yes"},"name":null,"size":1.0,"tags":[],"type":"user_profile","list":[1,{"a":"b"}]}"#;
const PAGE: &str =
    r#"{"data":[{"id":"uprof_2","metadata":{}},{"id":"uprof_1","metadata":{"a":"b"}}],"next_page":null}"#;

#[track_caller]
fn printed(answer: &str, arguments: &[&str]) -> String {
    let peer = Peer::answering(&[answer]);
    let verb: &[&str] = if answer == PAGE { &["list"] } else { &["retrieve", "uprof_1"] };
    let printed = peer.call(&[&["beta:user-profiles"][..], verb, arguments].concat()).text();
    assert_eq!(peer.seen().len(), 1);
    printed
}

#[test]
fn a_profile_is_printed_in_every_format_with_its_keys_in_order() {
    let json = r#"{
  "id": "uprof_1",
  "metadata": {
    "plan": "pro",
    "on": "yes"
  },
  "name": null,
  "size": 1.0,
  "tags": [],
  "type": "user_profile",
  "list": [
    1,
    {
      "a": "b"
    }
  ]
}
"#;
    assert_eq!(printed(PROFILE, &[]), json);
    assert_eq!(printed(PROFILE, &["--format", "auto"]), json);
    assert_eq!(printed(PROFILE, &["--format", "json"]), json);
    assert_eq!(printed(json, &["--format", "jsonl"]), format!("{PROFILE}\n"));
    assert_eq!(printed(json, &["--format", "raw"]), json);
    assert_eq!(printed(PROFILE, &["--format", "raw"]), format!("{PROFILE}\n"));
    assert_eq!(
        printed(PROFILE, &["--format", "yaml"]),
        "id: uprof_1\nmetadata:\n  plan: pro\n  \"on\": \"yes\"\nname: null\nsize: 1.0\ntags: []\ntype: user_profile\n\
         list:\n- 1\n- a: b\n"
    );
    assert_eq!(
        printed(PROFILE, &["--format", "pretty"]),
        "id: uprof_1\nmetadata:\n  plan: pro\n  on: yes\nname: null\nsize: 1.0\ntags: (none)\ntype: user_profile\n\
         list:\n  1: 1\n  2:\n    a: b\n"
    );
}

#[test]
fn yaml_keeps_the_white_space_of_the_last_value() {
    assert_eq!(printed(r#"{"name":"a\u00a0"}"#, &["--format", "yaml"]), "name: a\u{a0}\n");
    assert_eq!(printed(r#"{"name":"a\n\n"}"#, &["--format", "yaml"]), "name: |+\n  a\n\n");
    let page = r#"{"data":[{"a":"b\n\n"},{"a":"\u3000"}],"next_page":null}"#;
    let peer = Peer::answering(&[page]);
    let printed = peer.call(&["user-profiles", "list", "--format", "yaml"]).text();
    assert_eq!((printed.as_str(), peer.seen().len()), ("a: |+\n  b\n\n---\na: \u{3000}\n", 1));
}

#[test]
fn the_explorer_is_json_with_a_note() {
    let peer = Peer::answering(&["{}"]);
    let ended = peer.call(&["user-profiles", "retrieve", "a", "--format", "explore"]).run();
    assert_eq!((ended.status, ended.stdout.as_str(), peer.seen().len()), (0, "{}\n", 1));
    assert_eq!(ended.stderr, "note: --format explore is not supported; printing json\n");
}

#[test]
fn a_list_is_printed_profile_by_profile_except_in_raw() {
    let one = "{\n  \"id\": \"uprof_2\",\n  \"metadata\": {}\n}\n";
    let other = "{\n  \"id\": \"uprof_1\",\n  \"metadata\": {\n    \"a\": \"b\"\n  }\n}\n";
    assert_eq!(printed(PAGE, &[]), format!("{one}{other}"));
    assert_eq!(printed(PAGE, &["--format", "jsonl"]), {
        "{\"id\":\"uprof_2\",\"metadata\":{}}\n{\"id\":\"uprof_1\",\"metadata\":{\"a\":\"b\"}}\n"
    });
    assert_eq!(printed(PAGE, &["--format", "yaml"]), {
        "id: uprof_2\nmetadata: {}\n---\nid: uprof_1\nmetadata:\n  a: b\n"
    });
    assert_eq!(printed(PAGE, &["--format", "pretty"]), {
        "id: uprof_2\nmetadata: (none)\n\nid: uprof_1\nmetadata:\n  a: b\n"
    });
    assert_eq!(printed(PAGE, &["--format", "raw"]), format!("{PAGE}\n"));
}

#[test]
fn a_transform_selects_from_the_answer_or_from_each_profile_of_a_list() {
    assert_eq!(printed(PROFILE, &["--transform", "metadata.plan"]), "\"pro\"\n");
    assert_eq!(printed(PROFILE, &["--transform", "metadata.plan", "-r"]), "pro\n");
    assert_eq!(printed(PROFILE, &["--transform", "name", "-r"]), "null\n");
    assert_eq!(
        printed(PROFILE, &["--transform", "{id,metadata.plan}", "--format", "yaml"]),
        "id: uprof_1\nplan: pro\n"
    );
    assert_eq!(printed(PROFILE, &["--transform", r#"{"who":id}"#, "--format", "jsonl"]), "{\"who\":\"uprof_1\"}\n");
    assert_eq!(printed(PROFILE, &["--transform", "size", "--format", "raw"]), "1.0\n");
    assert_eq!(printed(PAGE, &["--transform", "id", "--raw-output"]), "uprof_2\nuprof_1\n");
    assert_eq!(printed(PAGE, &["--transform", "data.#.id", "--format", "raw"]), "[\"uprof_2\",\"uprof_1\"]\n");
    assert_eq!(printed(PAGE, &["--transform", "data.0.id", "--format", "raw", "-r"]), "uprof_2\n");
}

#[test]
fn a_transform_that_selects_nothing_prints_everything_and_one_note() {
    let peer = Peer::answering(&[PAGE]);
    let ended = peer.call(&["user-profiles", "list", "--transform", "nope", "--format", "jsonl"]).run();
    assert_eq!(ended.stdout, "{\"id\":\"uprof_2\",\"metadata\":{}}\n{\"id\":\"uprof_1\",\"metadata\":{\"a\":\"b\"}}\n");
    assert_eq!(ended.stderr, "note: the path nope finds nothing; printing everything\n");
    assert_eq!((ended.status, peer.seen().len()), (0, 1));
}

#[test]
fn a_transform_may_use_every_modifier_and_literals_also_in_a_multipath() {
    for (path, json) in [
        ("metadata|@keys", r#"["plan","on"]"#),
        ("metadata.@values", r#"["pro","yes"]"#),
        ("list.@tostr", r#""[1,{\"a\":\"b\"}]""#),
        (r#"{"m":metadata|@keys,"l":!"literal"}"#, r#"{"m":["plan","on"],"l":"literal"}"#),
    ] {
        assert_eq!(printed(PROFILE, &["--transform", path, "--format", "jsonl"]), format!("{json}\n"), "{path}");
    }
    assert_eq!(printed(PROFILE, &["--transform", "list.@tostr", "-r"]), "[1,{\"a\":\"b\"}]\n");
    assert_eq!(printed(PROFILE, &["--transform", "", "--format", "jsonl"]), format!("{PROFILE}\n"));
}

#[test]
fn a_name_that_is_no_modifier_is_noted_and_an_escaped_one_is_a_key() {
    for (path, printed, note) in [
        (r#"{"m":a|@kyes}"#, "{}\n", r#"note: the path {"m":a|@kyes} uses @kyes as a key: it is no modifier"#),
        (r"\@x", "1\n", ""),
        (r#"{"@x":a}"#, "{\"@x\":2}\n", ""),
    ] {
        let peer = Peer::answering(&[r#"{"@x":1,"a":2}"#]);
        let ended = peer.call(&["user-profiles", "retrieve", "a", "--format", "jsonl", "--transform", path]).run();
        assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.trim_end()), (0, printed, note), "{path}");
        assert_eq!(peer.seen().len(), 1);
    }
}

#[test]
fn pretty_output_escapes_control_characters() {
    let hostile = "{\"name\":\"\\u001b[2Ja\\nb\",\"\\u0007\":\"\"}";
    assert_eq!(printed(hostile, &["--format", "pretty"]), "name: \\u{1b}[2Ja\\nb\n\\u{7}: (empty)\n");
}

#[test]
fn the_answer_must_be_json() {
    for (verb, answer) in [("retrieve", "<html>"), ("list", "<html>"), ("list", "{}")] {
        let peer = Peer::answering(&[answer]);
        let ended =
            peer.call(&[&["user-profiles", verb][..], if verb == "list" { &[] } else { &["a"] }].concat()).run();
        assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{verb} {answer}");
        assert!(ended.stderr.contains("does --base-url name a user-profile service?"), "{ended:?}");
        assert_eq!((ended.stderr.lines().count(), peer.seen().len()), (1, 1), "{verb} {answer}");
    }
}
