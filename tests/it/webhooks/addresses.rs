//! Webhooks cannot reach addresses that only this service can reach.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;

use uprof::domain::webhook::address::Forbidden;
use uprof::domain::webhook::delivery::AttemptOutcome;
use uprof::domain::webhook::url::{Reach, WebhookUrl};
use uprof::webhook::{Message, Sender, TrustedRoots};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::support::TestApp;
use crate::support::max_wait::MAX_WAIT;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{all, attempted, emit_event, until};

/// A name server that answers the next of its answers each time.
#[derive(Debug)]
struct Names(Mutex<VecDeque<Vec<SocketAddr>>>);

impl Names {
    fn that(answers: &[&[SocketAddr]]) -> Self {
        Self(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()))
    }
}

impl Resolver for Names {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        // One question too many, and the test fails.
        for address in self.0.lock().unwrap().pop_front().unwrap() {
            found.push(address);
        }
        Ok(found)
    }
}

fn url(text: &str) -> WebhookUrl {
    WebhookUrl::parse(text.to_owned(), Reach::Anywhere).unwrap()
}

fn message() -> Message {
    Message {
        id: "evt_1".to_owned(),
        timestamp: 1,
        signature: "v1,x".to_owned(),
        body: b"{}".to_vec(),
        traceparent: None,
    }
}

fn address(text: &str, port: u16) -> SocketAddr {
    SocketAddr::new(text.parse().unwrap(), port)
}

/// Of this machine, everything but one address is forbidden, which plays the internet here.
fn check(address: IpAddr) -> Result<(), Forbidden> {
    if address == IpAddr::from([127, 0, 0, 2]) { Ok(()) } else { Reach::Internet.check(address) }
}

fn sender(answers: &[&[SocketAddr]]) -> Sender {
    Sender::over(Names::that(answers), check, true, MAX_WAIT, &TrustedRoots::default())
}

fn refused(why: &'static str) -> AttemptOutcome {
    AttemptOutcome::Unanswered(format!("the host has {why}, to which nothing is sent").into())
}

#[test]
fn a_name_that_resolves_to_a_forbidden_address_is_refused_before_anything_is_sent() {
    let inside = Receiver::that(Reply::Status(200));
    let port = inside.address().port();
    for (found, why) in [
        ("127.0.0.1", "a loopback address"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("0.0.0.0", "an unspecified address"),
        ("::", "an unspecified address"),
        ("::1", "a loopback address"),
        ("169.254.169.254", "a link-local address"),
        ("10.0.0.1", "a private address"),
        ("fd00:ec2::254", "a private address"),
        ("64:ff9b::7f00:1", "a loopback address"),
    ] {
        let outcome = sender(&[&[address(found, port)]]).send(&url("http://inside.example/"), &message());
        assert_eq!(outcome, refused(why), "{found}");
    }
    assert_eq!(inside.connections(), 0);
}

#[test]
fn a_name_with_allowed_and_forbidden_addresses_is_reached_at_the_allowed_ones_only() {
    let inside = Receiver::that(Reply::Status(200));
    let outside = Receiver::at(address("127.0.0.2", inside.address().port()), |_| Reply::Status(204));
    let port = outside.address().port();
    let (bad, good) = (address("127.0.0.1", port), address("127.0.0.2", port));
    for found in [[bad, good], [good, bad]] {
        assert_eq!(sender(&[&found]).send(&url("http://both.example/"), &message()), AttemptOutcome::Answered(204));
    }
    assert_eq!((inside.connections(), outside.connections()), (0, 2));
}

#[test]
fn a_name_is_resolved_once_and_checked_for_each_connection() {
    let inside = Receiver::that(Reply::Status(200));
    let outside = Receiver::at(address("127.0.0.2", inside.address().port()), |_| Reply::Status(204));
    let port = outside.address().port();
    let (bad, good) = ([address("127.0.0.1", port)], [address("127.0.0.2", port)]);
    // A second question within one attempt would be answered with the inside, and fail the test where there is no answer left.
    let sender = sender(&[&good, &bad, &good]);
    let endpoint = url("http://rebinding.example/");
    assert_eq!(sender.send(&endpoint, &message()), AttemptOutcome::Answered(204));
    assert_eq!(sender.send(&endpoint, &message()), refused("a loopback address"));
    assert_eq!(sender.send(&endpoint, &message()), AttemptOutcome::Answered(204));
    assert_eq!((inside.connections(), outside.connections()), (0, 2));
}

#[test]
fn a_redirect_to_a_private_address_is_not_followed() {
    let inside = Receiver::that(Reply::Status(200));
    let outside = Receiver::at(address("127.0.0.2", 0), {
        let target = inside.url("/hook?tenant=a");
        move |_| Reply::Redirect(target.clone())
    });
    let found = [outside.address()];
    let outcome = sender(&[&found, &found]).send(&url("http://redirecting.example/"), &message());
    assert_eq!(outcome, AttemptOutcome::Answered(302));
    assert_eq!(inside.connections(), 0);
}

#[test]
fn a_name_without_an_address_is_reported() {
    let outcome = sender(&[&[]]).send(&url("http://nowhere.example/"), &message());
    assert_eq!(outcome, AttemptOutcome::Unanswered("the host has no address".into()));
}

#[test]
fn a_service_with_default_settings_reaches_no_private_address() {
    let app = TestApp::with(&["--webhooks-poll=20ms"]);
    let inside = Receiver::that(Reply::Status(200));
    let port = inside.address().port();
    let urls = [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
    ];
    for url in urls {
        let body = serde_json::json!({"url": "https://example.com/", "enabled_events": ["user_profile.program_status_updated"]});
        let created = app.client.post("/v1/organizations/webhooks").json(&body).ok();
        // As if it had been registered when that was allowed.
        app.database.seed(&format!("update webhook_endpoints set url = '{url}'"));
        emit_event(&app);
        let failed = until(&app, &created, |found| attempted(found, 1));
        assert!(!all(&failed, "delivered"));
        let expected = match url.starts_with("https") {
            false => "http is not allowed here",
            true if cfg!(feature = "tls") => "the host has a loopback address, to which nothing is sent",
            true => "this service was built without TLS (the feature `tls`), so it cannot speak https",
        };
        assert_eq!(failed[0]["attempts"][0]["error"], expected, "{url}");
        app.client.delete(&format!("/v1/organizations/webhooks/{}", created["id"].as_str().unwrap())).send().ok();
    }
    assert_eq!(inside.connections(), 0);
}
