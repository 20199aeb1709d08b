//! The requests that are sent.

use serde_json::json;

use crate::command::uprof;
use crate::peer::Peer;

const ID: &str = "uprof_011CZkZCu8hGbp5mYRQgUmz9";

#[test]
fn the_beta_namespace_sends_what_ant_sends() {
    let peer = Peer::answering(&["{}"]);
    peer.call(&["beta:user-profiles", "create", "--name", "Example User", "--external-id", "user_12345"]).text();
    let request = peer.seen_once();
    assert_eq!(request.line, "POST /v1/user_profiles?beta=true");
    assert_eq!(request.header("anthropic-beta"), ["user-profiles-2026-03-24"]);
    assert_eq!(request.header("anthropic-version"), ["2023-06-01"]);
    assert_eq!(request.header("x-api-key"), ["the-key"]);
    assert_eq!(request.header("content-type"), ["application/json"]);
    assert_eq!(request.header("accept"), ["application/json"]);
    assert!(request.header("authorization").is_empty() && request.header("anthropic-workspace-id").is_empty());
    assert_eq!(request.json(), json!({"name": "Example User", "external_id": "user_12345"}));
}

#[test]
fn the_general_namespace_sends_no_beta_value_and_the_newest_version() {
    let peer = Peer::answering(&["{}"]);
    peer.call(&["user-profiles", "retrieve", ID]).text();
    let request = peer.seen_once();
    assert_eq!(request.line, format!("GET /v1/user_profiles/{ID}"));
    assert_eq!(request.header("anthropic-beta"), Vec::<&str>::new());
    assert_eq!(request.header("anthropic-version"), ["2026-10-21"]);
}

#[test]
fn every_verb_has_its_method_and_path() {
    for (arguments, line, body) in [
        (&["beta:user-profiles", "create"][..], "POST /v1/user_profiles?beta=true", "{}"),
        (&["beta:user-profiles", "retrieve", "a"], "GET /v1/user_profiles/a?beta=true", ""),
        (&["beta:user-profiles", "update", "a"], "POST /v1/user_profiles/a?beta=true", "{}"),
        (&["beta:user-profiles", "delete", "a"], "DELETE /v1/user_profiles/a?beta=true", ""),
        (
            &["beta:user-profiles", "create-enrollment-url", "a"],
            "POST /v1/user_profiles/a/enrollment_url?beta=true",
            "",
        ),
        (&["user-profiles", "create"], "POST /v1/user_profiles", "{}"),
        (&["user-profiles", "update", "--user-profile-id", "a"], "POST /v1/user_profiles/a", "{}"),
        (&["user-profiles", "delete", "--user-profile-id=a"], "DELETE /v1/user_profiles/a", ""),
        (
            &["user-profiles:action-urls", "create", "a"],
            "POST /v1/user_profiles/a/action_urls",
            r#"{"action":{"type":"enroll_end_user"}}"#,
        ),
        (
            &["beta:user-profiles:action-urls", "create", "--action.type", "other", "--action", "to: b", "a"],
            "POST /v1/user_profiles/a/action_urls?beta=true",
            r#"{"action":{"to":"b","type":"other"}}"#,
        ),
    ] {
        let peer = Peer::answering(&["{}"]);
        peer.call(arguments).text();
        let request = peer.seen_once();
        assert_eq!((request.line.as_str(), request.body.as_str()), (line, body), "{arguments:?}");
        let types: &[&str] = if body.is_empty() { &[] } else { &["application/json"] };
        assert_eq!(request.header("content-type"), types, "{arguments:?}");
    }
}

#[test]
fn an_id_is_one_segment_of_the_path() {
    let peer = Peer::answering(&["{}"]);
    peer.call(&["user-profiles", "retrieve", "a/../b?c=d é"]).text();
    assert_eq!(peer.seen_once().line, "GET /v1/user_profiles/a%2F..%2Fb%3Fc%3Dd%20%C3%A9");
    for id in ["", ".", ".."] {
        let peer = Peer::answering(&["{}"]);
        assert_eq!(peer.call(&["user-profiles", "delete", id]).run().status, 1, "{id:?}");
        assert!(peer.seen().is_empty(), "{id:?}");
    }
}

#[test]
fn a_beta_value_replaces_the_one_of_the_namespace() {
    let values = ["--beta", "user-profiles-2026-09-04", "--beta", "webhooks-2026-10-07"];
    for namespace in ["beta:user-profiles", "user-profiles"] {
        let peer = Peer::answering(&["{}"]);
        peer.call(&[&[namespace, "retrieve", ID][..], &values].concat()).text();
        let request = peer.seen_once();
        assert_eq!(request.header("anthropic-beta"), ["user-profiles-2026-09-04", "webhooks-2026-10-07"]);
    }
}

#[test]
fn every_field_of_every_version_has_a_flag_and_no_value_is_validated() {
    let peer = Peer::answering(&["{}"]);
    let fields = [
        "--name=",
        "--relationship=friend",
        "--access-type=applicaton",
        "--external-id=user 1",
        "--external-user-onboarded-at=yesterday",
        "--external-user-details={reference_id: r, country: NO, years: 5}",
        "--external-user-details.country=de",
        "--external-user-details.entity-type=alien",
        "--external-user-details.account-status=gone",
        "--external-user-details.email-hash=e",
        "--external-user-details.name-hash=n",
        "--external-user-details.onboarded-at=o",
    ];
    peer.call(&[&["beta:user-profiles", "create"][..], &fields].concat()).text();
    let details = json!({
        "reference_id": "r", "country": "de", "years": 5, "entity_type": "alien", "account_status": "gone",
        "email_hash": "e", "name_hash": "n", "onboarded_at": "o",
    });
    let body = json!({
        "name": "", "relationship": "friend", "access_type": "applicaton", "external_id": "user 1",
        "external_user_onboarded_at": "yesterday", "external_user_details": details,
    });
    assert_eq!(peer.seen_once().json(), body);
}

#[test]
fn the_general_namespace_has_only_the_fields_of_its_version() {
    let peer = Peer::answering(&["{}"]);
    let fields = ["--name=n", "--access-type=passthrough", "--external-user-details.reference-id=r", "--metadata=a=b"];
    peer.call(&[&["user-profiles", "update", ID][..], &fields].concat()).text();
    let body = json!({
        "name": "n", "access_type": "passthrough", "external_user_details": {"reference_id": "r"}, "metadata": {"a": "b"},
    });
    assert_eq!(peer.seen_once().json(), body);
    for flag in ["--relationship", "--external-id", "--external-user-onboarded-at"] {
        let peer = Peer::answering(&["{}"]);
        assert_eq!(peer.call(&["user-profiles", "create", flag, "x"]).run().status, 1, "{flag}");
        assert!(peer.seen().is_empty(), "{flag}");
    }
}

#[test]
fn the_value_null_is_json_null_and_create_notes_a_null_name() {
    let peer = Peer::answering(&["{}"]);
    let cleared = "--name null --external-id null --relationship null --external-user-details.country null";
    peer.call(&[&["beta:user-profiles", "update", ID][..], &cleared.split(' ').collect::<Vec<_>>()].concat()).text();
    let details = json!({"country": null});
    let body = json!({"name": null, "external_id": null, "relationship": null, "external_user_details": details});
    assert_eq!(peer.seen_once().json(), body);

    let peer = Peer::answering(&["{}"]);
    let null = ["--name", "null", "--relationship", "null"];
    let created = peer.call(&[&["beta:user-profiles", "create"][..], &null].concat()).run();
    assert_eq!(created.status, 0);
    assert!(created.stderr.starts_with("note: --name null means no name"), "{created:?}");
    // As in ant: of a new profile, the relationship has no null.
    assert_eq!(peer.seen_once().json(), json!({"name": null, "relationship": "null"}));
}

#[test]
fn a_key_takes_precedence_over_a_token_wherever_it_was_given() {
    let sent = |arguments: &[&str], environment: &[(&str, &str)]| {
        let peer = Peer::answering(&["{}"]);
        let call = uprof(&[&["user-profiles", "retrieve", ID, "--base-url", &peer.url()], arguments].concat());
        environment.iter().fold(call, |call, (name, value)| call.env(name, value)).text();
        let request = peer.seen_once();
        [request.header("x-api-key").concat(), request.header("authorization").concat()]
    };
    let both = [("ANTHROPIC_API_KEY", "env-key"), ("ANTHROPIC_AUTH_TOKEN", "env-token")];
    assert_eq!(sent(&["--api-key", "key"], &both), ["key", ""]);
    assert_eq!(sent(&["--auth-token", "token"], &both[1..]), ["", "Bearer token"]);
    assert_eq!(sent(&[], &both), ["env-key", ""]);
    assert_eq!(sent(&[], &both[1..]), ["", "Bearer env-token"]);
    assert_eq!(sent(&[], &[("ANTHROPIC_API_KEY", ""), both[1]]), ["", "Bearer env-token"]);

    for key in [&[][..], &["--api-key", "the-key"]] {
        let peer = Peer::answering(&["{}"]);
        let ended =
            peer.call(&[&["user-profiles", "retrieve", ID, "--auth-token", "the-token"][..], key].concat()).run();
        let note = "note: --auth-token is not used, because --api-key or ANTHROPIC_API_KEY is set\n";
        assert_eq!((ended.status, ended.stderr.as_str()), (0, note));
        let request = peer.seen_once();
        assert_eq!((request.header("x-api-key"), request.header("authorization")), (vec!["the-key"], vec![]));
    }
}

#[test]
fn the_workspace_comes_from_a_flag_or_the_environment() {
    let peer = Peer::answering(&["{}"]);
    peer.call(&["user-profiles", "retrieve", ID, "--workspace-id", "wrkspc_1"]).text();
    peer.call(&["user-profiles", "retrieve", ID]).env("ANTHROPIC_WORKSPACE_ID", "wrkspc_2").text();
    peer.call(&["user-profiles", "retrieve", ID]).env("ANTHROPIC_WORKSPACE_ID", "").text();
    let seen = peer.seen();
    let sent: Vec<_> = seen.iter().map(|request| request.header("anthropic-workspace-id")).collect();
    assert_eq!(sent, [vec!["wrkspc_1"], vec!["wrkspc_2"], vec![]]);
}

#[test]
fn global_flags_can_be_anywhere() {
    for arguments in [
        ["--api-key=k", "--format=jsonl", "user-profiles", "retrieve", ID],
        ["--api-key=k", "user-profiles", "--format=jsonl", "retrieve", ID],
        ["user-profiles", "retrieve", "--format=JSONL", ID, "--api-key=k"],
    ] {
        let peer = Peer::answering(&["{\n}"]);
        assert_eq!(peer.call(&arguments).text(), "{}\n", "{arguments:?}");
        assert_eq!(peer.seen_once().header("x-api-key"), ["k"], "{arguments:?}");
    }
}

#[test]
fn a_condition_is_sent_as_if_match_with_the_quotes_that_a_shell_removed() {
    for (given, sent) in [("3-ga", "\"3-ga\""), ("\"3-ga\", \"4-ga\"", "\"3-ga\", \"4-ga\""), ("*", "*")] {
        for verb in ["update", "delete"] {
            let peer = Peer::answering(&["{}"]);
            peer.call(&["user-profiles", verb, ID, "--if-match", given]).text();
            assert_eq!(peer.seen_once().header("if-match"), [sent], "{verb}");
        }
    }
    let peer = Peer::answering(&["{}"]);
    peer.call(&["user-profiles", "update", ID, "--name", "x"]).text();
    assert!(peer.seen_once().header("if-match").is_empty());
}

#[test]
fn a_base_url_can_have_a_path() {
    let peer = Peer::answering(&["{}"]);
    peer.call(&["user-profiles", "retrieve", ID, "--base-url", &format!("{}/proxy/", peer.url())]).text();
    assert_eq!(peer.seen_once().line, format!("GET /proxy/v1/user_profiles/{ID}"));
}
