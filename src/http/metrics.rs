//! Request metrics, and the listener that exposes all metrics.
//!
//! The listener has a port of its own: metrics are for operators, and a public port would depend on a proxy that blocks the path.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::request_record::RequestRecord;
use crate::domain::label::EnumLabel;
use crate::metrics::{Counter, Family, Histogram, Registry, Scale};

/// The text format, as those who read it ask for it.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The label of a request that was refused before its operation or version was known.
const NONE: &str = "none";

/// The metrics of requests.
pub(super) struct RequestMetrics {
    requests: Family<Counter, 3>,
    durations: Family<Histogram, 1>,
}

impl RequestMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let requests = registry.counters(
            "uprof_http_requests_total",
            "Requests that were answered.",
            ["operation", "version", "status"],
        );
        let durations = registry.histograms(
            "uprof_http_request_duration_seconds",
            "From the head of a request to its answer.",
            Scale::TIMES,
            ["operation"],
        );
        Self { requests, durations }
    }

    /// Counts an answered request.
    pub(super) fn count(&self, record: &RequestRecord, status: StatusCode, duration: Duration) {
        let operation = record.operation.get().unwrap_or(NONE);
        let version = record.version.get().map_or(NONE, EnumLabel::as_str);
        self.requests.with([operation, version, label(status)]).increment();
        self.durations.with([operation]).observe_time(duration);
    }
}

/// The statuses of this service as labels: a closed set, so that the number of series is bounded.
fn label(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "200",
        303 => "303",
        304 => "304",
        400 => "400",
        401 => "401",
        403 => "403",
        404 => "404",
        405 => "405",
        408 => "408",
        409 => "409",
        410 => "410",
        413 => "413",
        429 => "429",
        500 => "500",
        503 => "503",
        504 => "504",
        _ => "other",
    }
}

/// Serves `registry` at `/metrics` on `listener` until the returned server is stopped. Must be called within an actix system.
///
/// # Errors
/// The listener cannot be used.
pub fn serve_metrics(listener: TcpListener, registry: Registry) -> std::io::Result<Server> {
    let show = move || {
        let text = registry.text();
        async { HttpResponse::Ok().content_type(TEXT).body(text) }
    };
    let server = HttpServer::new(move || App::new().route("/metrics", web::get().to(show.clone())));
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}
