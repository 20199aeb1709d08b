//! What the service counts of itself.

use std::thread;

use serde_json::json;
use uprof::metrics::Registry;
use ureq::http::Method;

use crate::support::TestApp;
use crate::support::client::{PROFILES, id, path};
use crate::support::max_wait::until;
use crate::support::metrics::Metrics;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{delivering, emit_event, make_retries_due, register};

const REQUESTS: &str = "uprof_http_requests_total";

fn requests(operation: &str, version: &str, status: u16) -> String {
    format!("{REQUESTS}{{operation=\"{operation}\",version=\"{version}\",status=\"{status}\"}}")
}

#[test]
fn requests_are_counted_by_operation_shape_and_status() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    for _ in 0..4 {
        app.client.create(&json!({}));
    }
    app.client.post(PROFILES).json(&json!({"name": 1})).refused(400);
    let other_shape = app.client.with_beta("user-profiles-2026-09-04");
    other_shape.retrieve(id(&profile));
    other_shape.get(&path("uprof_01")).send().refused(404);
    app.client.without_key().get(PROFILES).send().refused(401);
    app.client.call(Method::PUT, PROFILES).send().refused(405);
    let metrics = app.metrics();
    for (operation, version, status, count) in [
        ("create_user_profile", "2026-03-24", 200, 5),
        ("create_user_profile", "2026-03-24", 400, 1),
        ("retrieve_user_profile", "2026-09-04", 200, 1),
        ("retrieve_user_profile", "2026-09-04", 404, 1),
        ("none", "none", 401, 1),
        ("none", "2026-03-24", 405, 1),
    ] {
        assert_eq!(metrics.count(&requests(operation, version, status)), count, "{operation} {version} {status}");
    }
    assert_eq!(metrics.named(REQUESTS).len(), 6, "{:?}", metrics.named(REQUESTS));
    let timed =
        |operation| metrics.count(&format!("uprof_http_request_duration_seconds_count{{operation=\"{operation}\"}}"));
    assert_eq!((timed("create_user_profile"), timed("retrieve_user_profile"), timed("none")), (6, 2, 2));
}

#[test]
fn each_call_is_counted_once_in_the_batches() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let path = path(id(&profile));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| app.client.create(&json!({})));
            scope.spawn(|| app.client.retrieve(id(&profile)));
            scope.spawn(|| app.client.post(&path).json(&json!({"name": "Changed"})).ok());
        }
    });
    for (kind, calls) in [("create", 21), ("retrieve", 20), ("update", 20)] {
        let number = |name: &str| app.metrics().count(&format!("{name}{{kind=\"{kind}\"}}"));
        // A batch is counted when all of its calls are answered.
        until(kind, || number("uprof_batch_rows_sum") == calls);
        let flushes = number("uprof_batch_rows_count");
        assert!((1..=calls).contains(&flushes), "{kind}: {flushes}");
        assert_eq!(number("uprof_queue_depth"), 0, "{kind}");
        until("its time", || number("uprof_batch_flush_duration_seconds_count") == flushes);
        for reason in ["full", "waited"] {
            assert_eq!(app.metrics().count(&refusals(kind, reason)), 0, "{kind} {reason}");
        }
    }
}

fn refusals(kind: &str, reason: &str) -> String {
    format!("uprof_queue_refusals_total{{kind=\"{kind}\",reason=\"{reason}\"}}")
}

#[test]
fn calls_that_wait_or_are_refused_are_counted_and_so_are_connections() {
    let app = TestApp::with(&["--database-wait=300ms", "--queue=1", "--batch-rows=2"]);
    app.client.create(&json!({}));
    let number = |series: &str| app.metrics().count(series);
    let in_use = || number("uprof_database_connections{state=\"in_use\"}");
    until("a rest", || in_use() == 0);
    assert!(number("uprof_database_connections{state=\"idle\"}") > 0);
    let locked = app.database.session("lock table user_profiles in share mode");
    let create = || app.client.post(PROFILES).json(&json!({})).status;
    thread::scope(|scope| {
        // As many as there are flushers, and one more.
        let taken = scope.spawn(create);
        until("a flusher at work", || in_use() == 1);
        let waiting = scope.spawn(create);
        until("a call that waits", || number("uprof_queue_depth{kind=\"create\"}") == 1);
        assert_eq!(create(), 503);
        assert_eq!(number(&refusals("create", "full")), 1);
        assert_eq!(waiting.join().unwrap(), 503);
        assert_eq!(number(&refusals("create", "waited")), 1);
        drop(locked);
        assert_eq!(taken.join().unwrap(), 200);
    });
}

#[test]
fn no_personal_data_or_id_is_a_label() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Xanthippe", "external_id": "Xanthippe"}));
    app.client.get(&path("Xanthippe")).send().refused(404);
    app.client.get("/Xanthippe").send().refused(404);
    app.client.with_beta("user-profiles-2000-01-01").get(PROFILES).send().refused(400);
    let text = app.registry.text();
    let organization = app.key.organization.to_string();
    for value in ["Xanthippe", "2000-01-01", &app.key.secret, &app.key.id.to_string(), &organization, id(&profile)] {
        assert!(!text.contains(value), "{value} in {text}");
    }
}

#[test]
fn the_port_of_the_api_shows_no_metrics() {
    let app = TestApp::start();
    assert_eq!(app.client.get("/metrics").send().refused(404), "Not found");
}

#[test]
fn delivery_attempts_are_counted_by_outcome() {
    let app = delivering("5s");
    let receiver = Receiver::answering(|number| Reply::Status(if number == 0 { 503 } else { 200 }));
    register(&app, &receiver);
    emit_event(&app);
    receiver.arrived(1);
    let attempts = |outcome| app.metrics().count(&format!("uprof_webhook_attempts_total{{outcome=\"{outcome}\"}}"));
    until("its count", || attempts("refused") == 1);
    until("another attempt", || {
        make_retries_due(&app);
        attempts("taken") == 1
    });
    assert_eq!((attempts("refused"), attempts("unanswered")), (1, 0));
    assert_eq!(app.metrics().count("uprof_webhook_attempt_duration_seconds_count"), 2);
}

#[test]
fn what_waits_in_the_database_and_how_large_it_is_is_exposed() {
    let app = TestApp::start();
    for series in ["uprof_trust_grant_oldest_pending_seconds", "uprof_webhook_oldest_pending_seconds"] {
        assert_eq!(app.metrics().count(series), 0);
    }
    let profile = app.client.create(&json!({}));
    let decision = json!({"status": "pending", "actor": "reviewer"});
    app.operator().post(&format!("{}/trust_grants/cyber", path(id(&profile)))).json(&decision).ok();
    app.database.seed(&format!(
        "update trust_grants set decided_at = now() - interval '1 hour';
         with endpoints as (
             insert into webhook_endpoints (organization_id, id, created_at, updated_at, url, name, description, enabled_events, state,
                    disabled_reason, signing_secret)
             select '{}', gen_random_uuid(), now(), now(), 'https://webhooks.invalid', '', '',
                    '{{user_profile.program_status_updated}}', state, '', sha256('')
               from unnest(array['enabled', 'disabled']) state
             returning *
         )
         insert into webhook_deliveries (organization_id, endpoint_id, event_id, created_at, version, state, due_at, tried_until)
         select w.organization_id, w.id, e.id, now() - case w.state when 'enabled' then interval '1 hour' else interval '1 day' end,
                'ga', 'pending', 'infinity', 'infinity'
           from endpoints w
           join events e on e.organization_id = w.organization_id and e.kind = 'user_profile.created'",
        app.key.organization.uuid()
    ));
    let registry = Registry::default();
    let (_, _replica) = app.another_replica_with(registry.clone());
    let metrics = || Metrics::read(&registry.text());
    until("the first reading", || metrics().count("uprof_table_bytes{table=\"user_profiles\"}") > 0);
    let metrics = metrics();
    assert!((3_600..7_200).contains(&metrics.count("uprof_trust_grant_oldest_pending_seconds")));
    assert!((3_600..7_200).contains(&metrics.count("uprof_webhook_oldest_pending_seconds")));
    assert!(metrics.named("uprof_table_bytes").len() > 10);
    assert!(metrics.count("process_resident_memory_bytes") > 1_000_000 || !cfg!(target_os = "linux"));
}
