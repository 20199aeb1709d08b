//! How arguments are read: as `ant` reads them.

use serde_json::{Value, json};

use crate::command::{Ended, uprof};
use crate::peer::Peer;

const PAGE: &str = r#"{"data":[],"next_page":null}"#;

#[track_caller]
fn body_of(arguments: &str) -> Value {
    let peer = Peer::answering(&["{}"]);
    peer.call(&arguments.split(' ').collect::<Vec<_>>()).text();
    peer.seen_once().json()
}

fn ended(arguments: &[&str]) -> Ended {
    uprof(arguments).env("ANTHROPIC_API_KEY", "k").run()
}

#[test]
fn a_value_may_begin_with_a_dash() {
    assert_eq!(body_of("beta:user-profiles create --external-id -x --name --debug"), {
        json!({"external_id": "-x", "name": "--debug"})
    });
    assert_eq!(body_of("beta:user-profiles create --name -- --metadata -a=-b"), {
        json!({"name": "--", "metadata": {"-a": "-b"}})
    });
    let peer = Peer::answering(&[PAGE]);
    peer.call(&["user-profiles", "list", "--limit", "-1", "--max-items", "-1"]).text();
    assert_eq!(peer.seen_once().line, "GET /v1/user_profiles?limit=-1");
    for (words, id) in [(&["--", "-name"][..], "-name"), (&["-5"], "-5")] {
        let peer = Peer::answering(&["{}"]);
        peer.call(&[&["user-profiles", "retrieve"][..], words].concat()).text();
        assert_eq!(peer.seen_once().line, format!("GET /v1/user_profiles/{id}"));
    }
}

#[test]
fn one_dash_is_as_good_as_two() {
    let body = json!({"name": "x", "external_id": "y"});
    assert_eq!(body_of("beta:user-profiles create -name x -external-id=y -debug=false"), body);
    assert_eq!(body_of("-format jsonl beta:user-profiles -r create --r -name=x --external-id y"), body);
    assert_eq!(ended(&["beta:user-profiles", "create", "-help"]).status, 0);
}

#[test]
fn the_last_of_several_values_counts_unless_a_flag_is_repeatable() {
    let arguments = "beta:user-profiles create --name a --name b --relationship=x -relationship resold";
    assert_eq!(body_of(arguments), json!({"name": "b", "relationship": "resold"}));
    let peer = Peer::answering(&["{\n}"]);
    let arguments = "--format json --format raw beta:user-profiles retrieve --user-profile-id a --user-profile-id b \
                     --format raw --format jsonl --beta x --beta y --api-key=c --api-key=d";
    assert_eq!(peer.call(&arguments.split_whitespace().collect::<Vec<_>>()).text(), "{}\n");
    let request = peer.seen_once();
    assert_eq!(request.line, "GET /v1/user_profiles/b?beta=true");
    assert_eq!((request.header("anthropic-beta"), request.header("x-api-key")), (vec!["x", "y"], vec!["d"]));
}

#[test]
fn a_switch_may_have_a_value() {
    for (switches, is_on) in [
        (&["--raw-output=false"][..], false),
        (&["-r", "--raw-output=F"], false),
        (&["--raw-output=0", "-r=1"], true),
        (&["--raw-output=true"], true),
        (&["-r", "-r"], true),
    ] {
        let peer = Peer::answering(&[r#""text""#]);
        let printed = peer.call(&[&["user-profiles", "retrieve", "a"][..], switches].concat()).text();
        assert_eq!((printed.as_str(), peer.seen().len()), (if is_on { "text\n" } else { "\"text\"\n" }, 1));
    }
    assert_eq!(ended(&["user-profiles", "list", "--debug=no"]).status, 1);
}

#[test]
fn usage_errors_exit_with_1_and_unknown_commands_with_3() {
    for (status, arguments) in [
        (1, &["beta:user-profiles", "create", "--nickname", "x"][..]),
        (1, &["beta:user-profiles", "create", "--name"]),
        (1, &["beta:user-profiles", "retrieve", "a", "b"]),
        (1, &["beta:user-profiles", "retrieve", "a", "--user-profile-id", "b"]),
        (1, &["beta:user-profiles", "list", "a"]),
        (1, &["beta:user-profiles", "list", "--format", "xml"]),
        (1, &["beta:user-profiles", "list", "--max-items", "many"]),
        (1, &["beta:user-profiles", "list", "--enforcement-status", "banned"]),
        (1, &["user-profiles", "list", "--timeout", "1 fortnight"]),
        (1, &["user-profiles", "create", "-x"]),
        (1, &["--nickname"]),
        (3, &["beta:user-profiles", "crate"]),
        (3, &["user-profiles:action-urls", "list"]),
        (3, &["profiles", "list"]),
        // The verbs that ant does not have.
        (2, &["migrate", "--nickname"]),
        (2, &["keys", "crate"]),
        (2, &["keys"]),
        (2, &["--api-key", "a", "migrate"]),
    ] {
        let ended = ended(arguments);
        assert_eq!((ended.status, ended.stdout.as_str()), (status, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.starts_with("error: ") || ended.stderr.contains("Usage:"), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn help_goes_to_standard_output_and_exits_with_0() {
    for arguments in
        [&[][..], &["--help"], &["beta:user-profiles"], &["user-profiles", "create", "-h"], &["user-profiles", "help"]]
    {
        let help = ended(arguments);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{arguments:?}: {help:?}");
        assert!(help.stdout.contains("Usage: uprof"), "{arguments:?}: {help:?}");
    }
}
