//! Lists: their parameters, and paging.

use std::io::Read;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::command::at;
use crate::peer::Peer;
use crate::support::TestApp;
use crate::support::client::id;

const EMPTY: &str = r#"{"data":[],"next_page":null}"#;

#[test]
fn exactly_the_given_parameters_are_sent() {
    let peer = Peer::answering(&[EMPTY]);
    let all = "--limit 0 --order up --order-by size --page p+1 --max-items 5";
    peer.call(&["beta:user-profiles", "list"]).text();
    peer.call(&format!("beta:user-profiles list {all}").split(' ').collect::<Vec<_>>()).text();
    let statuses = ["--enforcement-status", "banned", "--enforcement-status", "odd"];
    peer.call(&[&["user-profiles", "list"][..], &statuses].concat()).text();
    let lines: Vec<_> = peer.seen().into_iter().map(|request| request.line).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/user_profiles?beta=true",
            "GET /v1/user_profiles?beta=true&limit=0&order=up&order_by=size&page=p%2B1",
            "GET /v1/user_profiles?enforcement_status%5B%5D=banned&enforcement_status%5B%5D=odd",
        ]
    );
}

#[test]
fn filters_are_sent_by_the_names_of_the_version() {
    let peer = Peer::answering(&[EMPTY]);
    let shared = [
        "--metadata=plan=pro=x",
        "--metadata=plan=team",
        "--trust-grant=cyber=pending",
        "--created-after=2026-03-01T00:00:00Z",
        "--created-before=2026-04-01T00:00:00Z",
        "--name=Ada",
        "--name-prefix=A",
        "--access-type=application",
    ];
    for (namespace, own) in [
        ("user-profiles", &["--external-id=u1", "--external-id=u2"][..]),
        ("beta:user-profiles", &["--external-id=u1", "--relationship=resold"]),
    ] {
        peer.call(&[&[namespace, "list"], own, &shared].concat()).text();
    }
    let lines: Vec<_> = peer.seen().into_iter().map(|request| request.line).collect();
    let shared = "access_type=application&metadata%5Bplan%5D=pro%3Dx&metadata%5Bplan%5D=team&trust_grant%5Bcyber%5D=pending\
        &created_at%5Bgt%5D=2026-03-01T00%3A00%3A00Z&created_at%5Blt%5D=2026-04-01T00%3A00%3A00Z&name=Ada&name%5Bprefix%5D=A";
    let reference = "external_user_details%5Breference_id%5D";
    assert_eq!(
        lines,
        [
            format!("GET /v1/user_profiles?{reference}=u1&{reference}=u2&{shared}"),
            format!("GET /v1/user_profiles?beta=true&external_id=u1&relationship=resold&{shared}"),
        ]
    );
}

#[test]
fn a_pair_without_an_equals_sign_is_refused() {
    let peer = Peer::answering(&[EMPTY]);
    let ended = peer.call(&["user-profiles", "list", "--metadata", "plan"]).run();
    assert!(ended.status == 1 && ended.stderr.contains("a pair has the form KEY=VALUE"), "{}", ended.stderr);
    assert!(peer.seen().is_empty());
}

#[test]
fn each_filter_selects_and_all_pages_are_printed() {
    let app = TestApp::start();
    let pro = |number: usize| if number.is_multiple_of(2) { "pro" } else { "free" };
    let created: Vec<_> = (0..7)
        .map(|number| {
            app.client
                .create(&json!({"external_id": format!("u{number}"), "name": "Ada", "metadata": {"plan": pro(number)}}))
        })
        .collect();
    for namespace in ["user-profiles", "beta:user-profiles"] {
        for (filters, expected) in [
            (&["--external-id", "u3"][..], &created[3..4]),
            (&["--external-id", "u3", "--metadata", "plan=pro"], &[]),
            (&["--metadata", "plan=pro", "--metadata", "plan=free", "--name", "ADA"], &created),
            (&["--name-prefix", "b"], &[]),
            (&["--created-before", "2020-01-01T00:00:00Z"], &[]),
            (&["--trust-grant", "cyber=active"], &[]),
        ] {
            let fixed = [namespace, "list", "--order=asc", "--limit=2", "--transform=id", "-r"];
            let printed = at(&app, &[&fixed[..], filters].concat()).text();
            let expected: Vec<_> = expected.iter().map(id).collect();
            assert_eq!(printed.lines().collect::<Vec<_>>(), expected, "{namespace} {filters:?}");
        }
    }
}

#[test]
fn each_page_is_requested_with_all_parameters_also_after_an_empty_one() {
    let pages = [
        r#"{"data":[{"id":1}],"next_page":"a"}"#,
        r#"{"data":[],"next_page":"b"}"#,
        r#"{"data":[{"id":2}],"next_page":null}"#,
    ];
    let peer = Peer::answering(&pages);
    let printed = peer.call(&["user-profiles", "list", "--limit", "1", "--transform", "id"]).text();
    assert_eq!(printed, "1\n2\n");
    let lines: Vec<_> = peer.seen().into_iter().map(|request| request.line).collect();
    let pages = ["limit=1", "limit=1&page=a", "limit=1&page=b"].map(|query| format!("GET /v1/user_profiles?{query}"));
    assert_eq!(lines, pages);
}

#[test]
fn a_server_that_repeats_a_cursor_is_an_error() {
    let peer = Peer::answering(&[r#"{"data":[{"id":1}],"next_page":"a"}"#]);
    let ended = peer.call(&["user-profiles", "list", "--transform", "id"]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, "1\n1\n"));
    assert_eq!(peer.seen().len(), 2);
}

#[test]
fn no_unneeded_page_is_requested() {
    for (most, pages) in [("0", 0), ("1", 1), ("2", 1), ("3", 2)] {
        let peer = Peer::answering(&[
            r#"{"data":[{"id":1},{"id":2}],"next_page":"a"}"#,
            r#"{"data":[{"id":3},{"id":4}],"next_page":null}"#,
        ]);
        let printed = peer.call(&["user-profiles", "list", "--max-items", most, "--transform", "id"]).text();
        assert_eq!((printed.lines().count().to_string().as_str(), peer.seen().len()), (most, pages));
    }
}

#[test]
fn a_list_prints_all_pages_or_up_to_the_maximum() {
    let app = TestApp::start();
    let created: Vec<_> = (0..250).map(|n| app.client.create(&json!({"external_id": format!("user_{n}")}))).collect();
    let ids = |arguments: &[&str]| {
        let fixed = ["beta:user-profiles", "list", "--transform", "id", "-r"];
        let printed = at(&app, &[&fixed[..], arguments].concat()).text();
        printed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let oldest_first: Vec<_> = created.iter().map(|profile| id(profile).to_owned()).collect();
    let newest_first: Vec<_> = oldest_first.iter().rev().cloned().collect();
    assert_eq!(ids(&[]), newest_first);
    assert_eq!(ids(&["--max-items", "-1", "--limit", "100"]), newest_first);
    assert_eq!(ids(&["--order", "asc", "--limit=7"]), oldest_first);
    assert_eq!(ids(&["--max-items", "45"]), newest_first[..45]);
    assert_eq!(ids(&["--max-items", "0"]), Vec::<String>::new());
    assert_eq!(ids(&["--max-items", "300", "--order=asc", "--limit=100"]), oldest_first);

    let page = at(&app, &["beta:user-profiles", "list", "--limit", "100", "--format", "raw"]).json();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(100));
    let next = page["next_page"].as_str().unwrap();
    assert_eq!(ids(&["--limit", "100", "--page", next]), newest_first[100..]);
}

#[test]
fn a_closed_standard_output_ends_the_paging_without_an_error() {
    let profile = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    let peer = Peer::answering(&[&format!(r#"{{"data":[{profile}],"next_page":"a"}}"#), EMPTY]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_uprof"))
        .args(["user-profiles", "list", "--api-key=k", "--base-url", &peer.url()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Less than the pipe holds, so the process still writes.
    child.stdout.take().unwrap().read_exact(&mut [0; 10]).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
    assert_eq!(peer.seen().len(), 1);
}
