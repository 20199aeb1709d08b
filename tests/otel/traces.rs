//! Which spans there are, what they are called, whose children they are and what they say.

use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::json;

use crate::collector::{Collector, Exporting, attributes};
use crate::scratch::eventually;
use crate::support::client::{PROFILES, id, path};
use crate::support::page::Page;
use crate::support::receiver::{Receiver, Reply};
use crate::support::webhooks::{EVENT_KINDS, WEBHOOKS};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The one span of that name.
#[track_caller]
fn only(collector: &Collector, name: &str) -> Span {
    let [span] = <[Span; 1]>::try_from(collector.named(name)).unwrap();
    span
}

/// Asserts that `span` says all of `expected`.
#[track_caller]
fn says(span: &Span, expected: &[(&str, &str)]) {
    let said = attributes(&span.attributes);
    for (key, value) in expected {
        assert_eq!(said.get(*key).map(String::as_str), Some(*value), "{key} of {}: {said:?}", span.name);
    }
}

fn is_error(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
}

#[test]
fn a_request_is_a_span_below_that_of_its_caller_and_what_it_does_in_postgres_is_below_it() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let created = app
        .client
        .post(PROFILES)
        .header("traceparent", &format!("00-{TRACE}-{CALLER}-01"))
        .header("tracestate", "vendor=opaque")
        .json(&json!({"name": "Example"}));
    let request = created.header("request-id").unwrap().to_owned();
    created.ok();

    let span = only(&collector, "create_user_profile");
    assert_eq!([hex(&span.trace_id), hex(&span.parent_span_id)], [TRACE, CALLER]);
    assert_eq!((span.kind(), span.trace_state.as_str()), (SpanKind::Server, "vendor=opaque"));
    says(
        &span,
        &[
            ("http.request.method", "POST"),
            ("http.route", PROFILES),
            ("http.response.status_code", "200"),
            ("url.scheme", "http"),
            ("server.address", "127.0.0.1"),
            ("server.port", &app.service.address.port().to_string()),
            ("organization.id", &app.key.organization.to_string()),
            ("uprof.api.version", "2026-03-24"),
            ("request.id", &request),
        ],
    );
    assert!(!is_error(&span) && !attributes(&span.attributes).contains_key("error.type"));

    let child = only(&collector, "profiles.create");
    assert_eq!([hex(&child.trace_id), hex(&child.parent_span_id)], [TRACE.to_owned(), hex(&span.span_id)]);
    assert_eq!(child.kind(), SpanKind::Client);
    says(
        &child,
        &[
            ("db.system.name", "postgresql"),
            ("db.collection.name", "user_profiles"),
            ("db.operation.name", "create"),
            ("organization.id", &app.key.organization.to_string()),
        ],
    );
    assert!((span.start_time_unix_nano..=span.end_time_unix_nano).contains(&child.start_time_unix_nano));
}

#[test]
fn a_tracestate_that_is_too_long_is_left_out_and_its_trace_goes_on() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let call = app.client.get(PROFILES).header("traceparent", &format!("00-{TRACE}-{CALLER}-01"));
    call.header("tracestate", &format!("vendor={}", "x".repeat(512))).send().ok();
    let span = only(&collector, "list_user_profiles");
    assert_eq!((hex(&span.trace_id).as_str(), span.trace_state.as_str()), (TRACE, ""));
}

#[test]
fn each_call_of_the_database_is_one_span() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let profile = app.client.create(&json!({"external_id": "user_1"}));
    app.client.retrieve(id(&profile));
    app.client.update(id(&profile), &json!({"name": "Example"}));
    app.client.list("external_id=user_1");
    app.client.list("");
    app.client.delete(&path(id(&profile))).send().ok();
    app.stop();
    let calls = collector.spans().into_iter().filter(|span| span.name.starts_with("profiles."));
    let mut names: Vec<_> = calls.map(|span| span.name).collect();
    names.sort();
    let expected = ["create", "delete", "list", "look_up", "retrieve", "update"].map(|call| format!("profiles.{call}"));
    assert_eq!(names, expected);
}

#[test]
fn a_service_names_itself_and_what_its_operator_adds() {
    let collector = Collector::start();
    let app = Exporting::to(
        &collector.endpoint(),
        &[
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging%2C%20eu,service.namespace=profiles"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=a%20b"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ],
    );
    app.client.list("");
    collector.named("list_user_profiles");
    let export = &collector.exports()[0];
    assert_eq!(export.first_line, "POST /v1/traces HTTP/1.1");
    for header in ["content-type: application/x-protobuf", "content-encoding: gzip", "x-token: a b"] {
        assert!(export.headers.iter().any(|sent| sent == header), "{header}: {:?}", export.headers);
    }
    let resource = attributes(&export.decode().resource_spans[0].resource.as_ref().unwrap().attributes);
    for (name, value) in [
        ("service.name", "uprof"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("deployment.environment.name", "staging, eu"),
        ("service.namespace", "profiles"),
        ("telemetry.sdk.language", "rust"),
    ] {
        assert_eq!(resource.get(name).map(String::as_str), Some(value), "{resource:?}");
    }
}

#[test]
fn nothing_is_exported_of_what_the_caller_does_not_sample() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    app.client.get(PROFILES).header("traceparent", &unsampled).send().ok();
    app.client.post(PROFILES).header("traceparent", &unsampled).json(&json!({})).ok();
    // What is no traceparent begins a trace.
    app.client.get(PROFILES).header("traceparent", &format!("00-{TRACE}-{CALLER}")).send().ok();
    app.client.get(PROFILES).send().ok();
    eventually("what follows is exported", || (collector.named("list_user_profiles").len() == 2).then_some(()));
    assert!(collector.spans().iter().all(|span| hex(&span.trace_id) != TRACE));
    assert!(collector.named("list_user_profiles").iter().all(|span| span.parent_span_id.is_empty()));
}

#[test]
fn a_sampler_may_leave_the_decision_to_callers_only_or_ask_nobody() {
    for (sampler, ratio, decided, root) in [
        ("parentbased_always_off", "1", true, false),
        ("parentbased_traceidratio", "0", true, false),
        ("always_off", "1", false, false),
        ("traceidratio", "1", true, true),
    ] {
        let collector = Collector::start();
        let variables = [("OTEL_TRACES_SAMPLER", sampler), ("OTEL_TRACES_SAMPLER_ARG", ratio)];
        let app = Exporting::to(&collector.endpoint(), &variables);
        app.client.get(PROFILES).header("traceparent", &format!("00-{TRACE}-{CALLER}-01")).send().ok();
        app.client.get(&path("uprof_nothing")).send();
        app.stop();
        let names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
        let has = |name: &str| names.iter().any(|found| found == name);
        assert_eq!([has("list_user_profiles"), has("retrieve_user_profile")], [decided, root], "{sampler}: {names:?}");
    }
}

#[test]
fn refusals_are_no_errors_and_faults_are() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    app.client.get(&path("uprof_nothing")).send().refused(404);
    let span = only(&collector, "retrieve_user_profile");
    says(&span, &[("http.response.status_code", "404"), ("http.route", "/v1/user_profiles/{id}")]);
    assert!(!is_error(&span) && !attributes(&span.attributes).contains_key("error.type"));

    app.client.get("/no/such/path").send().refused(404);
    says(&only(&collector, "GET"), &[("http.response.status_code", "404")]);

    let lock = app.database.session("lock table user_profiles in access exclusive mode");
    app.client.get(PROFILES).send().refused(503);
    drop(lock);
    let span = only(&collector, "list_user_profiles");
    says(&span, &[("http.response.status_code", "503"), ("error.type", "503")]);
    let child = only(&collector, "profiles.list");
    says(&child, &[("error.type", "contended")]);
    assert!(is_error(&span) && is_error(&child));
}

#[test]
fn probes_and_background_jobs_are_no_traces() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    for path in ["/health/live", "/health/ready"] {
        app.client.get(path).send().ok();
    }
    app.client.list("");
    app.client.list("");
    app.stop();
    let roots = collector.spans().into_iter().filter(|span| span.parent_span_id.is_empty());
    let names: Vec<_> = roots.map(|span| span.name).collect();
    assert_eq!(names, ["list_user_profiles"; 2]);
}

#[test]
fn a_webhook_is_given_the_span_of_its_attempt() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[]);
    let replies = [Reply::Status(503), Reply::Hangup, Reply::Status(200)];
    let receiver = Receiver::answering(move |number| replies[number.min(2)].clone());
    let endpoint = json!({"url": receiver.url("/hook?secret=sesame"), "enabled_events": EVENT_KINDS});
    app.client.post(WEBHOOKS).json(&endpoint).ok();
    let profile = app.client.create(&json!({}));
    let link = app.client.post(&format!("{}/enrollment_url", path(id(&profile)))).json(&json!({})).ok();
    assert_eq!(Page::submit(link["url"].as_str().unwrap()).status, 303);

    let port = receiver.address().port().to_string();
    for (number, outcome) in [
        (0, [("http.response.status_code", "503"), ("error.type", "503")]),
        (1, [("http.request.method", "POST"), ("error.type", "unanswered")]),
        (2, [("http.response.status_code", "200"), ("url.scheme", "http")]),
    ] {
        let delivery = eventually("the attempt", || {
            app.database.seed("update webhook_deliveries set due_at = now() where state = 'pending' and failures > 0");
            receiver.arrived(0).get(number).cloned()
        });
        let traceparent: Vec<_> = delivery.header("traceparent").split('-').collect();
        let [version, trace, parent, flags] = traceparent[..] else { panic!("{traceparent:?}") };
        assert_eq!([version, flags], ["00", "01"]);
        let is_its = |span: &Span| hex(&span.span_id) == parent;
        let span = eventually("its span", || collector.spans().into_iter().find(is_its));
        assert_eq!((span.name.as_str(), hex(&span.trace_id).as_str()), ("webhook.attempt", trace));
        assert_eq!((span.kind(), span.parent_span_id.len()), (SpanKind::Client, 0));
        says(&span, &outcome);
        says(&span, &[("server.address", "127.0.0.1"), ("server.port", &port), ("webhook.id", delivery.id())]);
        assert_eq!(is_error(&span), number < 2);
        let recorded = |child: &Span| child.parent_span_id == span.span_id && child.name == "deliveries.record_attempt";
        eventually("what it does in Postgres", || collector.spans().into_iter().find(recorded));
    }
}

#[test]
fn the_last_spans_are_exported_before_the_process_ends() {
    let collector = Collector::start();
    let app = Exporting::to(&collector.endpoint(), &[("OTEL_BSP_SCHEDULE_DELAY", "3600000")]);
    app.client.create(&json!({}));
    assert_eq!(collector.spans().len(), 0);
    app.stop();
    let mut names: Vec<_> = collector.spans().into_iter().map(|span| span.name).collect();
    names.sort();
    assert_eq!(names, ["create_user_profile", "profiles.create"]);
}
