//! A build that can export traces.

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use url::Url;

use super::{Answer, AttemptEnd};

/// The version and the fields of the header `traceparent`.
const SAMPLED: &str = "01";
const NOT_SAMPLED: &str = "00";

/// Methods that may be recorded: any other is something that a caller made up.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

static ARE_EXPORTED: AtomicBool = AtomicBool::new(false);

/// Whether spans are exported.
pub(crate) fn are_exported() -> bool {
    ARE_EXPORTED.load(Ordering::Relaxed)
}

/// Spans are exported from now on.
pub(crate) fn export() {
    ARE_EXPORTED.store(true, Ordering::Relaxed);
}

/// The longest `tracestate` that is passed on, in bytes, as W3C Trace Context demands at least: every span of a trace holds it.
const LONGEST_TRACESTATE: usize = 512;

/// The headers of W3C Trace Context of a request.
struct Headers<'h> {
    traceparent: &'h str,
    tracestate: Option<&'h str>,
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(self.traceparent),
            "tracestate" => self.tracestate,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

/// Makes `span` a child of the caller's span, which `header` names.
pub(crate) fn continue_trace<'h>(span: &Span, header: impl Fn(&'static str) -> Option<&'h str>) {
    if !are_exported() {
        return;
    }
    let Some(traceparent) = header("traceparent") else { return };
    let tracestate = header("tracestate").filter(|state| state.len() <= LONGEST_TRACESTATE);
    let headers = Headers { traceparent, tracestate };
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
    // A span that is not exported has no parent.
    let _ = span.set_parent(context);
}

/// Records how a request was answered.
pub(crate) fn record_answer(span: &Span, answer: Answer<'_>) {
    with_recorded(span, |span| {
        let method = METHODS.into_iter().find(|method| *method == answer.method);
        span.update_name(answer.operation.or(method).unwrap_or("HTTP"));
        span.set_attributes([
            KeyValue::new("http.request.method", method.unwrap_or("_OTHER")),
            KeyValue::new("http.response.status_code", i64::from(answer.status)),
        ]);
        let optional = [
            ("http.route", answer.route.map(ToOwned::to_owned)),
            ("uprof.api.version", answer.version.map(ToOwned::to_owned)),
            ("organization.id", answer.organization.map(ToOwned::to_owned)),
        ];
        span.set_attributes(optional.into_iter().filter_map(|(key, value)| Some(KeyValue::new(key, value?))));
        span.set_attributes(server(answer.public_url));
        if answer.status >= 500 {
            span.set_attribute(KeyValue::new("error.type", answer.status.to_string()));
            span.set_status(Status::error(""));
        }
    });
}

/// Records how a webhook attempt ended, in the current span.
pub(crate) fn record_attempt(end: AttemptEnd<'_>) {
    with_recorded(&Span::current(), |span| {
        span.set_attribute(KeyValue::new("http.request.method", "POST"));
        span.set_attributes(end.url.into_iter().flat_map(server));
        let (error, reason) = match end.outcome {
            Ok(status) => {
                span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
                (status.to_string(), "")
            }
            Err(reason) => ("unanswered".to_owned(), reason),
        };
        if !end.is_accepted {
            span.set_attribute(KeyValue::new("error.type", error));
            span.set_status(Status::error(reason.to_owned()));
        }
    });
}

/// Records that the database failed, in the current span.
pub(crate) fn record_failure(kind: &'static str) {
    with_recorded(&Span::current(), |span| {
        span.set_attribute(KeyValue::new("error.type", kind));
        span.set_status(Status::error(""));
    });
}

/// The header `traceparent` of a request that the current span makes.
pub(crate) fn traceparent() -> Option<String> {
    if !are_exported() {
        return None;
    }
    let context = Span::current().context();
    let span = context.span();
    let span = span.span_context();
    let flags = if span.is_sampled() { SAMPLED } else { NOT_SAMPLED };
    span.is_valid().then(|| format!("00-{}-{}-{flags}", span.trace_id(), span.span_id()))
}

/// Where a URL leads: its scheme, host and port. The rest may hold secrets.
fn server(url: &str) -> impl Iterator<Item = KeyValue> {
    let url = Url::parse(url).ok();
    let attributes = url.map(|url| {
        [
            Some(KeyValue::new("url.scheme", url.scheme().to_owned())),
            url.host_str().map(|host| KeyValue::new("server.address", host.to_owned())),
            url.port_or_known_default().map(|port| KeyValue::new("server.port", i64::from(port))),
        ]
    });
    attributes.into_iter().flatten().flatten()
}

/// Calls `record` if `span` is one that is exported.
fn with_recorded(span: &Span, record: impl FnOnce(&SpanRef<'_>)) {
    if !are_exported() {
        return;
    }
    let context = span.context();
    let span = context.span();
    if span.is_recording() {
        record(&span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_where_it_leads_is_recorded() {
        let recorded: Vec<_> =
            server("https://user:sesame@host.example/secret?a=b").map(|pair| format!("{pair:?}")).collect();
        assert_eq!(recorded.len(), 3, "{recorded:?}");
        assert!(recorded.iter().all(|pair| !pair.contains("sesame") && !pair.contains("secret")), "{recorded:?}");
        assert_eq!(server("no url").count(), 0);
    }
}
