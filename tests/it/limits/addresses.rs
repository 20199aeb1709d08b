//! The limits on wrong secrets by client address. Each address has one failure an hour, so that no test depends on how fast it runs.

use serde_json::json;
use uprof::domain::credential::api_key::ApiKeySecret;
use uprof::domain::trust::enrollment::LinkToken;

use crate::support::client::{PROFILES, path};
use crate::support::max_wait::until;
use crate::support::page::Page;
use crate::support::{Answer, Key, KeySpec, TestApp};

const FAILURES: &str = "--address-failures=1/h burst 2";
const KNOWN: &str = "uprof_api_keys_known";
const REFUSED: &str = "uprof_rate_limited_requests_total{scope=\"address\",kind=\"read\"}";

/// A service that knows which keys exist.
fn with(settings: &[&str]) -> TestApp {
    let app = TestApp::with(settings);
    until("the key to be known", || app.metrics().count(KNOWN) == 1);
    app
}

fn wrong_key(app: &TestApp, number: u8) -> Key {
    Key { secret: ApiKeySecret::from_random([number; 32]).expose().to_owned(), ..app.key.clone() }
}

fn guess(app: &TestApp, number: u8) -> Answer {
    app.client.with_key(&wrong_key(app, number)).get(PROFILES).send()
}

#[test]
fn an_address_that_fails_too_often_is_refused_and_valid_keys_from_it_are_not() {
    let app = with(&[FAILURES]);
    let new = app.another_key(KeySpec::default());
    until("the new key to be known", || app.metrics().count(KNOWN) == 2);
    guess(&app, 1).refused(401);
    app.client.without_key().get(PROFILES).send().refused(401);
    for number in 2..6 {
        let answer = guess(&app, number);
        assert_eq!(answer.refused(429), "Too many wrong credentials were sent from this address");
        let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((3_300..=3_600).contains(&retry_after), "{retry_after}");
        app.client.list("");
    }
    app.client.without_key().get(PROFILES).send().refused(429);
    assert_eq!(app.metrics().count(REFUSED), 5);
    // Also one that is not cached yet.
    app.client.with_key(&new).list("");
}

#[test]
fn a_refused_guess_is_not_looked_up() {
    let app = with(&[FAILURES]);
    guess(&app, 1).refused(401);
    guess(&app, 2).refused(401);
    let lookups = app.metrics().count("uprof_api_key_lookups_total");
    for number in 3..20 {
        guess(&app, number).refused(429);
    }
    assert!(app.metrics().count("uprof_api_key_lookups_total") <= lookups);
}

#[test]
fn a_key_that_is_created_later_is_not_refused_for_the_failures_of_its_address() {
    let app = with(&[FAILURES]);
    for number in 1..5 {
        guess(&app, number);
    }
    let key = app.another_key(KeySpec::default());
    until("the new key to be known", || app.metrics().count(KNOWN) == 2);
    app.client.with_key(&key).list("");
}

#[test]
fn without_a_trusted_proxy_headers_name_no_client() {
    let app = with(&[FAILURES]);
    let statuses = |header: &str| -> Vec<u16> {
        let guess = |number: u8| {
            let client = app.client.with_key(&wrong_key(&app, number));
            client.get(PROFILES).header(header, &format!("for=198.51.100.{number}")).send().status
        };
        (1..5).map(guess).collect()
    };
    assert_eq!(statuses("forwarded"), [401, 401, 429, 429]);
    assert_eq!(statuses("x-forwarded-for"), [429; 4]);
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_failures_and_cannot_choose_its_address() {
    let app = with(&[FAILURES, "--trusted-proxies=127.0.0.0/8, 10.0.0.0/8"]);
    let status = |number: u8, forwarded: &str| {
        let client = app.client.with_key(&wrong_key(&app, number));
        client.get(PROFILES).header("x-forwarded-for", forwarded).send().status
    };
    let spoofed = |number: u8| status(number, &format!("203.0.113.{number}, 198.51.100.1, 10.0.0.9"));
    assert_eq!((1..5).map(spoofed).collect::<Vec<_>>(), [401, 401, 429, 429]);
    assert_eq!(status(1, "198.51.100.2"), 401);
    // An IPv6 client has a network of addresses.
    let of_network = |number: u8| status(number, &format!("2001:db8::{number}"));
    assert_eq!((1..5).map(of_network).collect::<Vec<_>>(), [401, 401, 429, 429]);
    assert_eq!(status(1, "2001:db8:0:1::1"), 401);
}

/// An enrollment link of a new profile.
fn new_link(app: &TestApp) -> String {
    let profile = app.client.create(&json!({}));
    let create = format!("{}/enrollment_url", path(profile["id"].as_str().unwrap()));
    app.client.post(&create).json(&json!({})).ok()["url"].as_str().unwrap().to_owned()
}

/// A link beside `link` that does not exist.
fn wrong_link(link: &str, number: u8) -> String {
    let (base, _) = link.rsplit_once('/').unwrap();
    format!("{base}/{}", LinkToken::from_random([number; 32]).expose())
}

#[test]
fn guesses_of_links_are_limited_apart_and_a_known_link_opens() {
    let app = with(&[FAILURES]);
    let link = new_link(&app);
    let open = |number: u8| Page::open(&wrong_link(&link, number)).status;
    assert_eq!((1..5).map(open).collect::<Vec<_>>(), [404, 404, 429, 429]);
    assert_eq!(Page::open(&link).status, 200);
    guess(&app, 1).refused(401);
}

#[test]
fn a_person_who_is_refused_for_wrong_links_reads_why_and_when_to_try_again() {
    let app = with(&[FAILURES]);
    let link = new_link(&app);
    (1..3).for_each(|number| assert_eq!(Page::open(&wrong_link(&link, number)).status, 404));
    for refused in [Page::open(&wrong_link(&link, 3)), Page::submit(&wrong_link(&link, 4))] {
        assert_eq!((refused.status, refused.heading()), (429, "Too many links were tried"));
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        let wait = format!("open your link again in {} minutes", seconds.div_ceil(60));
        assert!(refused.text.contains(&wait), "{wait}: {}", refused.text);
    }
}

#[test]
fn the_limit_can_be_switched_off() {
    let app = with(&["--address-failures=none"]);
    assert!((0..100).all(|number| guess(&app, number).status != 429));
}
