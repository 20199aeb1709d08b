//! Which requests are retried, and how often.

use crate::peer::Peer;

const BUSY: (&str, &str, &str) = ("503 Service Unavailable", "retry-after-ms: 1\r\n", "{}");
const DONE: (&str, &str, &str) = ("200 OK", "", "{}");

#[test]
fn a_transient_error_is_retried_twice_and_the_last_answer_counts() {
    let peer = Peer::with(&[BUSY, ("429 Too Many Requests", "retry-after-ms: 1\r\n", "{}"), DONE]);
    peer.call(&["user-profiles", "create", "--name", "a"]).text();
    let seen = peer.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.body == r#"{"name":"a"}"#), "{seen:?}");

    let peer = Peer::with(&[BUSY]);
    let ended = peer.call(&["user-profiles", "retrieve", "a"]).run();
    assert_eq!((ended.status, ended.stdout.as_str()), (1, "{}\n"));
    assert!(ended.stderr.starts_with("error: 503 Service Unavailable ("), "{ended:?}");
    assert_eq!(peer.seen().len(), 3);
}

#[test]
fn all_attempts_of_a_post_have_the_same_idempotency_key() {
    let peer = Peer::with(&[BUSY, DONE]);
    peer.call(&["user-profiles", "create"]).text();
    peer.call(&["user-profiles", "create"]).text();
    peer.call(&["user-profiles", "retrieve", "a"]).text();
    let seen = peer.seen();
    let keys: Vec<_> = seen.iter().map(|request| request.header("idempotency-key").concat()).collect();
    assert_eq!(keys.iter().map(String::len).collect::<Vec<_>>(), [32, 32, 32, 0]);
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}

#[test]
fn a_broken_connection_is_retried() {
    let peer = Peer::with(&[("", "", ""), DONE]);
    peer.call(&["user-profiles", "retrieve", "a"]).text();
    assert_eq!(peer.seen().len(), 2);
}

#[test]
fn a_permanent_error_is_not_retried() {
    for (status, head) in [
        ("400 Bad Request", ""),
        ("404 Not Found", "retry-after: 1\r\n"),
        ("409 Conflict", "x-should-retry: false\r\n"),
        ("500 Internal Server Error", "x-should-retry: false\r\n"),
    ] {
        let peer = Peer::with(&[(status, head, "{}"), DONE]);
        assert_eq!(peer.call(&["user-profiles", "retrieve", "a"]).run().status, 1, "{status}");
        assert_eq!(peer.seen().len(), 1, "{status}");
    }
}

#[test]
fn max_retries_limits_the_attempts() {
    let peer = Peer::with(&[BUSY, DONE]);
    assert_eq!(peer.call(&["user-profiles", "retrieve", "a", "--max-retries", "0"]).run().status, 1);
    assert_eq!(peer.seen().len(), 1);

    let peer = Peer::with(&[BUSY, BUSY, BUSY, BUSY, DONE]);
    peer.call(&["user-profiles", "retrieve", "a", "--max-retries", "4"]).text();
    assert_eq!(peer.seen().len(), 5);
}
