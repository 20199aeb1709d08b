//! Events are delivered to subscribed endpoints and to no others, signed, in the form of the contract.

use serde_json::{Value, json};

use crate::support::client::{PROFILES, id};
use crate::support::max_wait::eventually;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{
    EVENT_KINDS, WEBHOOKS, all, deliveries, delivering, emit_event, endpoint, path, register, until,
};
use crate::support::{Client, Key, KeySpec, TestApp};

fn secret(endpoint: &Value) -> &str {
    endpoint["signing_secret"].as_str().unwrap()
}

#[test]
fn an_event_is_delivered_once_signed_and_in_the_form_of_the_contract() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(204));
    let created = register(&app, &receiver);
    let profile = emit_event(&app);
    let arrived = receiver.arrived(1).remove(0);
    assert_eq!(arrived.first_line, "POST /hook?tenant=a HTTP/1.1");
    assert_eq!(arrived.header("content-type"), "application/json");
    assert!(arrived.header("user-agent").starts_with("uprof/"));
    assert!(arrived.is_signed_with(secret(&created)));
    let event = app.client.get("/v1/organizations/events?type=user_profile.program_status_updated").send().ok();
    let event = &event["data"][0];
    assert_eq!(arrived.id(), event["id"].as_str().unwrap());
    assert_eq!(
        arrived.json(),
        json!({
            "id": event["id"],
            "created_at": event["created_at"],
            "type": "event",
            "data": {
                "type": "user_profile.program_status_updated",
                "id": profile,
                "organization_id": app.key.organization.to_string(),
            },
        })
    );
    let settled = until(&app, &created, |found| all(found, "delivered"));
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0]["id"], event["id"]);
    assert_eq!(settled[0]["next_attempt_at"], json!(null));
    assert_eq!(settled[0]["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&settled[0]["attempts"][0]["status"], &settled[0]["attempts"][0]["error"]),
        (&json!(204), &json!(null))
    );
    assert_eq!(receiver.arrived(1).len(), 1);
}

#[test]
fn each_of_many_events_is_delivered_once_to_every_subscribed_endpoint() {
    let app = delivering("5s");
    let receivers = [Receiver::that(Reply::Status(200)), Receiver::that(Reply::Status(200))];
    let endpoints: Vec<_> = receivers.iter().map(|receiver| register(&app, receiver)).collect();
    let deaf = Receiver::that(Reply::Status(200));
    let other_events = json!({"url": deaf.url("/hook?tenant=a"), "enabled_events": EVENT_KINDS[..2]});
    app.client.post(WEBHOOKS).json(&other_events).ok();
    let profiles: Vec<_> = (0..30).map(|_| emit_event(&app)).collect();
    for (receiver, created) in receivers.iter().zip(&endpoints) {
        until(&app, created, |found| found.len() == 30 && all(found, "delivered"));
        let arrived = receiver.arrived(30);
        assert!(arrived.iter().all(|each| each.is_signed_with(secret(created))));
        let mut delivered: Vec<_> =
            arrived.iter().map(|each| each.json()["data"]["id"].as_str().unwrap().to_owned()).collect();
        delivered.sort();
        assert_eq!(delivered, profiles);
    }
    assert_eq!(deaf.connections(), 0);
}

#[test]
fn events_are_not_delivered_to_another_organization() {
    let app = delivering("5s");
    let (ours, theirs) = (Receiver::that(Reply::Status(200)), Receiver::that(Reply::Status(200)));
    register(&app, &ours);
    let key: Key = app.strangers_key();
    let stranger = app.client.with_key(&key);
    stranger.post(WEBHOOKS).json(&json!({"url": theirs.url("/hook?tenant=a"), "enabled_events": EVENT_KINDS})).ok();
    emit_event(&app);
    ours.arrived(1);
    assert_eq!(theirs.connections(), 0);
    assert_eq!(app.database.count("webhook_deliveries"), 1);
}

#[test]
fn while_a_secret_is_replaced_both_sign_and_later_only_the_new_one() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    let answer = app.client.post(&format!("{}/regenerate_signing_secret", path(&created))).send().ok();
    emit_event(&app);
    let both = receiver.arrived(1).remove(0);
    assert!(both.is_signed_with(secret(&answer)) && both.is_signed_with(secret(&created)));
    assert!(both.header("webhook-signature").split(' ').count() == 2);
    let remaining = "previous_secret_until between now() + interval '23 hours' and now() + interval '24 hours'";
    assert_eq!(app.database.count(&format!("webhook_endpoints where {remaining}")), 1);
    app.database.seed("update webhook_endpoints set previous_secret_until = now()");
    emit_event(&app);
    let one = receiver.arrived(2).remove(1);
    assert!(one.is_signed_with(secret(&answer)) && !one.is_signed_with(secret(&created)));
}

#[test]
fn a_redelivery_has_the_same_id_and_the_same_bytes() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    emit_event(&app);
    let delivered = until(&app, &created, |found| !found.is_empty() && all(found, "delivered"));
    let redeliver = format!("{}/deliveries/{}/redeliver", path(&created), delivered[0]["id"].as_str().unwrap());
    let queued = app.client.post(&redeliver).send().ok();
    assert_eq!((&queued["id"], &queued["state"]), (&delivered[0]["id"], &json!("pending")));
    let arrived = receiver.arrived(2);
    assert_eq!((arrived[0].id(), &arrived[0].body), (arrived[1].id(), &arrived[1].body));
    assert!(arrived.iter().all(|each| each.is_signed_with(secret(&created))));
    let again = until(&app, &created, |found| all(found, "delivered"));
    assert_eq!(again[0]["attempts"].as_array().unwrap().len(), 2);

    let unknown = format!("{}/deliveries/evt_0100000000000000000000aa/redeliver", path(&created));
    app.client.post(&unknown).send().refused(404);
    app.client.post(&path(&created)).json(&json!({"state": "disabled"})).ok();
    let refused = app.client.post(&redeliver).send();
    assert_eq!(refused.refused(409), "The webhook endpoint is disabled; enable it first");
}

#[test]
fn events_while_an_endpoint_is_disabled_are_never_delivered() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    app.client.post(&path(&created)).json(&json!({"state": "disabled"})).ok();
    emit_event(&app);
    app.client.post(&path(&created)).json(&json!({"state": "enabled"})).ok();
    let expected = emit_event(&app);
    assert_eq!(receiver.arrived(1)[0].json()["data"]["id"], expected.as_str());
    assert_eq!(deliveries(&app, &created).len(), 1);
}

#[test]
fn pending_deliveries_are_deleted_with_their_endpoint() {
    let app = TestApp::with(&["--webhooks-allow-insecure", "--webhooks-poll=60m"]);
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    emit_event(&app);
    assert_eq!(deliveries(&app, &created).len(), 1);
    app.client.delete(&path(&created)).send().ok();
    assert_eq!(app.database.count("webhook_deliveries"), 0);
    app.client.get(&format!("{}/deliveries", path(&created))).send().refused(404);
}

/// Decides a grant of the profile `id`.
fn decide(client: &Client, id: &str, grant: &str) {
    let verdict = json!({"status": "active", "actor": "reviewer"});
    client.post(&format!("{PROFILES}/{id}/trust_grants/{grant}")).json(&verdict).ok();
}

#[test]
fn a_grant_that_the_pinned_shape_does_not_show_is_not_delivered() {
    let app = delivering("5s");
    for version in ["2026-03-24", "ga"] {
        let receiver = Receiver::start();
        let organization = app.accounts.organization(version);
        let theirs = app.client.with_key(&app.accounts.key(organization, KeySpec::default()));
        let created =
            theirs.post(WEBHOOKS).json(&json!({"url": receiver.url("/"), "enabled_events": EVENT_KINDS})).ok();
        let profile = theirs.create(&json!({}));
        for grant in ["early_access", "efs", "cyber"] {
            decide(&theirs, id(&profile), grant);
        }
        let delivered = if version == "ga" { 2 } else { 3 };
        let list =
            || theirs.get(&format!("{}/deliveries", path(&created))).send().ok()["data"].as_array().unwrap().clone();
        eventually("every event is delivered", || {
            Some(list()).filter(|found| found.len() == delivered && all(found, "delivered"))
        });
        assert_eq!(receiver.arrived(delivered).len(), delivered, "{version}");
    }
}

#[test]
fn a_delivery_has_the_shape_that_was_pinned_at_its_event() {
    let app = TestApp::with(&["--webhooks-allow-insecure", "--webhooks-poll=60m"]);
    let receiver = Receiver::start();
    register(&app, &receiver);
    let profile = app.client.create(&json!({}));
    decide(&app.client, id(&profile), "early_access");
    app.database.seed("update organizations set default_version = 'ga'");
    decide(&app.client, id(&profile), "cyber");
    let versions = app.database.texts("select version from webhook_deliveries order by event_id");
    assert_eq!(versions, ["2026-03-24", "ga"]);
}

#[test]
fn opened_and_resolved_actions_are_delivered_with_their_id_and_erased_ones_are_not() {
    let app = delivering("5s");
    let receiver = Receiver::start();
    register(&app, &receiver);
    let profile = app.client.create(&json!({}));
    let actions = format!("{PROFILES}/{}/enforcement_actions", id(&profile));
    let ban = json!({"type": "ban", "reason": "high_harm", "actor": "reviewer"});
    let [first, second] = [(); 2].map(|()| app.client.post(&actions).json(&ban).ok());
    let lifted = json!({"transition": "resolved", "actor": "reviewer"});
    app.client.post(&format!("{actions}/{}", id(&first))).json(&lifted).ok();
    app.client.delete(&format!("{PROFILES}/{}", id(&profile))).send().ok();
    let mut delivered: Vec<_> = receiver.arrived(3).iter().map(|each| each.json()["data"].clone()).collect();
    delivered.sort_by_key(ToString::to_string);
    let data = |kind: &str, action: &Value| {
        json!({
            "type": format!("user_profile.enforcement_action_{kind}"),
            "id": profile["id"],
            "organization_id": app.key.organization.to_string(),
            "enforcement_action_id": action["id"],
        })
    };
    let mut expected = vec![data("opened", &first), data("opened", &second), data("resolved", &first)];
    expected.sort_by_key(ToString::to_string);
    assert_eq!(delivered, expected);
    assert_eq!(app.database.count("webhook_deliveries"), 3);
}

#[test]
fn the_deliveries_of_an_endpoint_are_paged_as_endpoints_are() {
    let app = delivering("5s");
    let receiver = Receiver::that(Reply::Status(200));
    let created = register(&app, &receiver);
    for _ in 0..5 {
        emit_event(&app);
    }
    let all = until(&app, &created, |found| found.len() == 5 && all(found, "delivered"));
    let ids: Vec<_> = all.iter().map(|each| each["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
    let page = |query: &str| app.client.get(&format!("{}/deliveries?{query}", path(&created))).send().ok();
    assert_eq!(page(&format!("order=asc&limit=2&after_id={}", ids[1]))["data"], json!(all[2..4]));
    let newest = page("limit=2");
    assert_eq!(
        (&newest["first_id"], &newest["last_id"], &newest["has_more"]),
        (&json!(ids[4]), &json!(ids[3]), &json!(true))
    );
    assert_eq!(endpoint(&app, &created)["state"], "enabled");
}
