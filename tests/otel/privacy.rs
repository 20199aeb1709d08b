//! Nothing of a person reaches the collector.

use serde_json::json;

use crate::collector::{Collector, Exporting};
use crate::support::client::{PROFILES, id, path};
use crate::support::page::Page;
use crate::support::receiver::Receiver;
use crate::support::webhooks::{EVENT_KINDS, WEBHOOKS};

#[test]
fn no_export_holds_personal_data_or_a_secret() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let receiver = Receiver::start();
    let url = receiver.url("/hook/pathsecret?query=querysecret");
    app.client.post(WEBHOOKS).json(&json!({"url": url, "enabled_events": EVENT_KINDS})).ok();
    let profile = app.client.create(&json!({
        "name": "Xanthippe",
        "external_id": "xanthippe@example.com",
        "metadata": {"metakey": "metavalue"},
    }));
    app.client.update(id(&profile), &json!({"name": "Sokrates", "metadata": {"metakey": "othervalue"}}));
    for query in ["external_id=xanthippe%40example.com", "metadata%5Bmetakey%5D=othervalue", "name=Sokrates"] {
        app.client.list(query);
    }
    app.client.post(PROFILES).header("idempotency-key", "idempotencysecret").json(&json!({"name": 1})).refused(400);
    app.client.get(&path("Xanthippe")).send().refused(404);
    app.client.get("/Xanthippe?name=Xanthippe").header("user-agent", "Xanthippe").send().refused(404);
    let link = app.client.post(&format!("{}/enrollment_url", path(id(&profile)))).json(&json!({})).ok();
    let link = link["url"].as_str().unwrap();
    assert_eq!(Page::open(link).status, 200);
    assert_eq!(Page::submit(link).status, 303);
    receiver.next();
    app.client.delete(&path(id(&profile))).send().ok();
    collector.named("webhook.attempt");
    let (organization, key) = (app.key.organization.to_string(), app.key.secret.clone());
    app.stop();

    let (_, token) = link.rsplit_once('/').unwrap();
    let exported: Vec<u8> = collector.exports().into_iter().flat_map(|export| export.bytes).collect();
    let holds = |text: &str| exported.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("delete_user_profile") && holds(&organization));
    for secret in [
        "Xanthippe",
        "Sokrates",
        "xanthippe",
        "example.com",
        "metakey",
        "metavalue",
        "othervalue",
        "idempotencysecret",
        "pathsecret",
        "querysecret",
        token,
        &key,
    ] {
        assert!(!holds(secret), "{secret} was exported");
    }
}
