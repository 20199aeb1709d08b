//! Endpoints that are down, slow, flapping or lying: every event arrives at least once, none is signed wrongly, none arrives at a disabled
//! endpoint, and no other endpoint waits.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::client::id;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{
    all, attempted, delivering, emit_event, endpoint, make_retries_due, path, register, until,
};
use crate::support::{TestApp, max_wait};

/// The outcome of the last attempt of the only delivery.
fn last_attempt(deliveries: &[Value]) -> Value {
    deliveries[0]["attempts"].as_array().unwrap().last().unwrap().clone()
}

#[track_caller]
fn everything_is_signed(receiver: &Receiver, created: &Value) {
    let secret = created["signing_secret"].as_str().unwrap();
    assert!(receiver.arrived(0).iter().all(|each| each.is_signed_with(secret)));
}

#[test]
fn an_endpoint_that_was_down_gets_its_events_once_it_is_up() {
    let app = delivering("5s");
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}/");
    let body = json!({"url": url, "enabled_events": ["user_profile.program_status_updated"]});
    let created = app.client.post("/v1/organizations/webhooks").json(&body).ok();
    let profile = emit_event(&app);
    let failed = until(&app, &created, |found| attempted(found, 1));
    assert_eq!(failed[0]["state"], "pending");
    assert!(failed[0]["next_attempt_at"].is_string());
    let attempt = last_attempt(&failed);
    assert_eq!((&attempt["status"], &attempt["error"]), (&json!(null), &json!("the connection was refused")));

    let receiver = Receiver::at(address, |_| Reply::Status(200));
    make_retries_due(&app);
    let settled = until(&app, &created, |found| all(found, "delivered"));
    assert_eq!(settled[0]["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(receiver.arrived(1)[0].json()["data"]["id"], profile.as_str());
    everything_is_signed(&receiver, &created);
}

#[test]
fn an_endpoint_that_never_answers_delays_no_other() {
    // Longer than any test waits; two places, one of which it takes.
    let app = TestApp::with(&[
        "--webhooks-allow-insecure",
        "--webhooks-poll=20ms",
        "--webhooks-timeout=60m",
        "--webhooks-concurrency=2",
    ]);
    let (silent, quick) = (Receiver::that(Reply::Silence), Receiver::that(Reply::Status(200)));
    let [held, served] = [&silent, &quick].map(|receiver| register(&app, receiver));
    emit_event(&app);
    silent.arrived(1);
    for _ in 0..20 {
        emit_event(&app);
    }
    until(&app, &served, |found| found.len() == 21 && all(found, "delivered"));
    // It has still not been given a second one.
    assert_eq!(silent.arrived(1).len(), 1);
    drop(silent);
    let given_up_on = until(&app, &held, |found| attempted(found, 1));
    assert!(
        given_up_on.iter().any(|each| each["attempts"][0]["error"] == "the connection broke before an answer came")
    );
}

#[test]
fn endpoints_of_one_organization_that_never_answer_do_not_delay_deliveries_of_another() {
    let app = TestApp::with(&[
        "--webhooks-allow-insecure",
        "--webhooks-poll=20ms",
        "--webhooks-timeout=60m",
        "--webhooks-concurrency=8",
    ]);
    let silent: Vec<_> = (0..8).map(|_| Receiver::that(Reply::Silence)).collect();
    for receiver in &silent {
        register(&app, receiver);
    }
    emit_event(&app);
    let connected = || silent.iter().map(Receiver::connections).sum::<usize>();
    max_wait::until("the organization's share is in use", || connected() == 2);

    let other = app.client.with_key(&app.strangers_key());
    let quick = Receiver::that(Reply::Status(200));
    let endpoint = json!({"url": quick.url("/hooks"), "enabled_events": ["user_profile.program_status_updated"]});
    other.post("/v1/organizations/webhooks").json(&endpoint).ok();
    let profile = other.create(&json!({}));
    for _ in 0..5 {
        for status in ["active", "withdrawn"] {
            let decision = json!({"status": status, "actor": "reviewer"});
            other.post(&format!("/v1/user_profiles/{}/trust_grants/cyber", id(&profile))).json(&decision).ok();
        }
    }
    assert_eq!(quick.arrived(10).len(), 10);
    assert_eq!(connected(), 2);
}

#[test]
fn an_answer_that_takes_too_long_is_a_failure_and_the_delivery_is_retried() {
    let app = delivering("300ms");
    let receiver = Receiver::answering(|number| if number == 0 { Reply::Silence } else { Reply::Status(200) });
    let created = register(&app, &receiver);
    emit_event(&app);
    let failed = until(&app, &created, |found| attempted(found, 1));
    assert_eq!(last_attempt(&failed)["error"], "there was no answer in time");
    make_retries_due(&app);
    until(&app, &created, |found| all(found, "delivered"));
    let arrived = receiver.arrived(2);
    assert_eq!((arrived[0].id(), &arrived[0].body), (arrived[1].id(), &arrived[1].body));
    everything_is_signed(&receiver, &created);
}

#[test]
fn a_flapping_endpoint_gets_every_event_and_remains_enabled() {
    let app = delivering("5s");
    let receiver = Receiver::answering(|number| match number % 3 {
        0 => Reply::Status(503),
        1 => Reply::Hangup,
        _ => Reply::Status(200),
    });
    let created = register(&app, &receiver);
    let mut profiles: Vec<_> = (0..10).map(|_| emit_event(&app)).collect();
    until(&app, &created, |found| {
        make_retries_due(&app);
        found.len() == 10 && all(found, "delivered")
    });
    let mut delivered: Vec<_> =
        receiver.arrived(10).iter().map(|each| each.json()["data"]["id"].as_str().unwrap().to_owned()).collect();
    delivered.sort();
    delivered.dedup();
    profiles.sort();
    assert_eq!(delivered, profiles);
    everything_is_signed(&receiver, &created);
    assert_eq!(endpoint(&app, &created)["state"], "enabled");
}

#[test]
fn only_the_status_of_an_answer_is_read() {
    let app = delivering("5s");
    for (reply, status, error) in [
        (Reply::EndlessBody, json!(200), json!(null)),
        (Reply::EndlessHead, json!(null), json!("the answer is not one of HTTP")),
        (Reply::Noise, json!(null), json!("the answer is not one of HTTP")),
        (Reply::Hangup, json!(null), json!("the connection broke before an answer came")),
        (Reply::Status(204), json!(204), json!(null)),
        (Reply::Status(404), json!(404), json!(null)),
        (Reply::Status(599), json!(599), json!(null)),
    ] {
        let receiver = Receiver::that(reply.clone());
        let created = register(&app, &receiver);
        emit_event(&app);
        let settled = until(&app, &created, |found| attempted(found, 1));
        let attempt = last_attempt(&settled);
        assert_eq!((&attempt["status"], &attempt["error"]), (&status, &error), "{reply:?}");
        let taken = status == 200 || status == 204;
        assert_eq!(settled[0]["state"], if taken { "delivered" } else { "pending" }, "{reply:?}");
        app.client.delete(&path(&created)).send().ok();
    }
}

#[test]
fn a_redirect_is_a_failure_and_is_not_followed() {
    let app = delivering("5s");
    let elsewhere = Receiver::that(Reply::Status(200));
    let receiver = Receiver::that(Reply::Redirect(elsewhere.url("/hook?tenant=a")));
    let created = register(&app, &receiver);
    emit_event(&app);
    let failed = until(&app, &created, |found| attempted(found, 1));
    assert_eq!((&failed[0]["state"], &last_attempt(&failed)["status"]), (&json!("pending"), &json!(302)));
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn status_410_disables_an_endpoint_until_it_is_enabled() {
    let app = delivering("5s");
    let receiver = Receiver::answering(|number| Reply::Status(if number == 0 { 410 } else { 200 }));
    let created = register(&app, &receiver);
    emit_event(&app);
    until(&app, &created, |found| all(found, "failed"));
    let disabled = endpoint(&app, &created);
    assert_eq!(
        (&disabled["state"], &disabled["disabled_reason"]),
        (&json!("disabled"), &json!("The endpoint answered 410 Gone."))
    );
    assert_ne!(disabled["updated_at"], created["updated_at"]);
    emit_event(&app);
    let enabled = app.client.post(&path(&created)).json(&json!({"state": "enabled"})).ok();
    assert_eq!((&enabled["state"], &enabled["disabled_reason"]), (&json!("enabled"), &json!("")));
    let expected = emit_event(&app);
    let arrived = receiver.arrived(2);
    assert_eq!((arrived.len(), &arrived[1].json()["data"]["id"]), (2, &json!(expected)));
}

#[test]
fn pending_deliveries_of_a_disabled_endpoint_resume_when_it_is_enabled() {
    let app = delivering("5s");
    let receiver = Receiver::answering(|number| Reply::Status(if number == 0 { 500 } else { 200 }));
    let created = register(&app, &receiver);
    emit_event(&app);
    until(&app, &created, |found| attempted(found, 1));
    app.client.post(&path(&created)).json(&json!({"state": "disabled"})).ok();
    make_retries_due(&app);
    // A poll now finds nothing due, also after an event of another endpoint.
    let other = Receiver::that(Reply::Status(200));
    let passing = register(&app, &other);
    emit_event(&app);
    until(&app, &passing, |found| found.len() == 1 && all(found, "delivered"));
    assert_eq!(receiver.arrived(1).len(), 1);
    app.client.post(&path(&created)).json(&json!({"state": "enabled"})).ok();
    until(&app, &created, |found| all(found, "delivered"));
    assert_eq!(receiver.arrived(2).len(), 2);
}

#[test]
fn an_endpoint_without_a_recent_success_is_disabled_when_a_delivery_is_given_up() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(500));
    let created = register(&app, &receiver);
    emit_event(&app);
    until(&app, &created, |found| attempted(found, 1));
    // Nothing has succeeded for a day, and the three days of this delivery are over.
    app.database.seed(
        "update webhook_endpoints set failing_since = now() - interval '2 days';
         update webhook_deliveries set tried_until = now()",
    );
    make_retries_due(&app);
    let failed = until(&app, &created, |found| all(found, "failed"));
    assert_eq!(failed[0]["next_attempt_at"], json!(null));
    let disabled = endpoint(&app, &created);
    assert_eq!(disabled["state"], "disabled");
    assert!(disabled["disabled_reason"].as_str().unwrap().contains("3 days"), "{disabled}");
}

#[test]
fn one_failed_delivery_does_not_disable_an_endpoint_with_recent_successes() {
    let app = delivering("5s");
    let receiver = Receiver::answering(|number| Reply::Status(if number == 1 { 200 } else { 500 }));
    let created = register(&app, &receiver);
    emit_event(&app);
    until(&app, &created, |found| attempted(found, 1));
    app.database.seed(
        "update webhook_endpoints set failing_since = now() - interval '2 days';
         update webhook_deliveries set tried_until = now()",
    );
    emit_event(&app);
    until(&app, &created, |found| found.len() == 2 && found[1]["state"] == "delivered");
    make_retries_due(&app);
    until(&app, &created, |found| found[0]["state"] == "failed");
    assert_eq!(endpoint(&app, &created)["state"], "enabled");
}

#[test]
fn an_endpoint_whose_stored_url_is_invalid_is_listed_with_failed_attempts_until_it_is_updated() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    // An earlier release accepted this host.
    app.database.seed("update webhook_endpoints set url = 'https://xn--a.example/hook'");
    let profile = emit_event(&app);
    let failed = until(&app, &created, |found| attempted(found, 1));
    let reason = "the stored URL is invalid: update the endpoint";
    assert_eq!((&failed[0]["state"], &last_attempt(&failed)["error"]), (&json!("pending"), &json!(reason)));
    let listed = app.client.get("/v1/organizations/webhooks").send().ok();
    assert_eq!(listed["data"], json!([endpoint(&app, &created)]));
    assert_eq!(listed["data"][0]["url"], "https://xn--a.example/hook");

    app.client.post(&path(&created)).json(&json!({"url": created["url"]})).ok();
    make_retries_due(&app);
    until(&app, &created, |found| all(found, "delivered"));
    assert_eq!(receiver.arrived(1)[0].json()["data"]["id"], profile.as_str());
}
