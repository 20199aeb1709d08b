//! Request metrics.

use std::time::Duration;

use actix_web::http::StatusCode;

use super::request_record::RequestRecord;
use crate::domain::label::EnumLabel;
use crate::metrics::{Counter, EncodeLabelSet, Family, Histogram, Registry, duration_histogram};

/// The label of a request that was refused before its operation or version was known.
const NONE: &str = "none";

/// The metrics of requests. A clone counts in the same.
#[derive(Clone)]
pub(super) struct RequestMetrics {
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram>,
    /// In the order of [`Conflict`].
    conflicts: [Counter; 3],
    /// Requests that were answered as the first one with their idempotency key.
    pub(super) replays: Counter,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RequestLabels {
    operation: &'static str,
    version: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReasonLabels {
    reason: &'static str,
}

impl RequestMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let conflicts: Family<ReasonLabels, Counter> = registry.register(
            "uprof_http_conflicts",
            "Requests refused for what others did, by what kept them from being done",
            Family::default(),
        );
        Self {
            requests: registry.register("uprof_http_requests", "Requests that were answered", Family::default()),
            durations: registry.register(
                "uprof_http_request_duration_seconds",
                "From the head of a request to its answer",
                Family::new_with_constructor(duration_histogram),
            ),
            // From the start: a series that begins at 1 shows no increase.
            conflicts: [Conflict::InProgress, Conflict::Precondition, Conflict::State]
                .map(|conflict| conflicts.get_or_create_owned(&ReasonLabels { reason: conflict.label() })),
            replays: registry.register(
                "uprof_idempotent_replays",
                "Requests that were answered as the first one with their idempotency key, and did nothing",
                Counter::default(),
            ),
        }
    }

    /// Counts an answered request.
    pub(super) fn count(&self, record: &RequestRecord, status: StatusCode, duration: Duration) {
        let operation = record.operation.get().unwrap_or(NONE);
        let version = record.version.get().map_or(NONE, EnumLabel::as_str);
        self.requests.get_or_create(&RequestLabels { operation, version, status: label(status) }).inc();
        self.durations.get_or_create(&OperationLabels { operation }).observe(duration.as_secs_f64());
    }

    /// Counts a request that was refused for what others did.
    pub(super) fn count_conflict(&self, conflict: Conflict) {
        self.conflicts[conflict as usize].inc();
    }

    /// Counts an answer to what is no request.
    pub(super) fn count_refusal(&self, status: StatusCode) {
        self.requests.get_or_create(&RequestLabels { operation: NONE, version: NONE, status: label(status) }).inc();
    }
}

/// What kept a request from being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// Another request with the same idempotency key runs.
    InProgress,
    /// The object is not in the revision that the request demands.
    Precondition,
    /// The state of the object, or a quota, rules the request out.
    State,
}

impl Conflict {
    const fn label(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Precondition => "precondition",
            Self::State => "state",
        }
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
        412 => "412",
        413 => "413",
        429 => "429",
        431 => "431",
        500 => "500",
        503 => "503",
        504 => "504",
        _ => "other",
    }
}
