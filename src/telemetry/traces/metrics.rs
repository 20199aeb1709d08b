//! The metrics of exported spans.

use crate::metrics::{Counter, EncodeLabelSet, Family, Registry};

/// The metrics of exported spans. A clone counts in the same.
#[derive(Clone, Debug)]
#[cfg_attr(
    not(feature = "otel"),
    expect(dead_code, reason = "the metrics exist in every build, so that the same alerts hold")
)]
pub(in crate::telemetry) struct TraceMetrics {
    pub(super) exported: Counter,
    /// Because too many waited for their export.
    pub(super) dropped_in_queue: Counter,
    /// Because their export failed.
    pub(super) dropped_in_export: Counter,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReasonLabels {
    reason: &'static str,
}

impl TraceMetrics {
    /// Those of `registry`.
    pub(in crate::telemetry) fn new(registry: &Registry) -> Self {
        let dropped: Family<ReasonLabels, Counter> = registry.register(
            "uprof_trace_spans_dropped",
            "Spans that no collector has: too many waited for their export (queue_full), or it failed (export_failed)",
            Family::default(),
        );
        let dropped = |reason| dropped.get_or_create_owned(&ReasonLabels { reason });
        Self {
            exported: registry.register(
                "uprof_trace_spans_exported",
                "Spans that the collector of traces has taken",
                Counter::default(),
            ),
            dropped_in_queue: dropped("queue_full"),
            dropped_in_export: dropped("export_failed"),
        }
    }
}
