//! The metrics of batch queues.

use std::time::Duration;

use crate::metrics::{Counter, EncodeLabelSet, Family, Gauge, Histogram, Registry, duration_histogram, row_histogram};

/// The metrics of all queues, labelled by the kind of call.
pub(super) struct BatchMetrics {
    rows: Family<KindLabels, Histogram>,
    flushes: Family<KindLabels, Histogram>,
    depths: Family<KindLabels, Gauge>,
    refusals: Family<RefusalLabels, Counter>,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct RefusalLabels {
    kind: &'static str,
    reason: &'static str,
}

/// The metrics of one queue.
#[derive(Clone)]
pub(super) struct QueueMetrics {
    rows: Histogram,
    flushes: Histogram,
    depth: Gauge,
    /// Calls refused because the queue was full.
    pub(super) refused_full: Counter,
    /// Calls refused because no flusher took them in time.
    pub(super) refused_waited: Counter,
}

impl BatchMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            rows: registry.register("uprof_batch_rows", "Calls per flush", Family::new_with_constructor(row_histogram)),
            flushes: registry.register(
                "uprof_batch_flush_duration_seconds",
                "Time from taking a batch from the queue to its last answer",
                Family::new_with_constructor(duration_histogram),
            ),
            depths: registry.register("uprof_queue_depth", "Calls waiting to be flushed", Family::default()),
            refusals: registry.register(
                "uprof_queue_refusals",
                "Calls refused because the queue was full or no flush began within the maximum wait",
                Family::default(),
            ),
        }
    }

    pub(super) fn queue(&self, kind: &'static str) -> QueueMetrics {
        let labels = KindLabels { kind };
        let refused = |reason| self.refusals.get_or_create_owned(&RefusalLabels { kind, reason });
        QueueMetrics {
            rows: self.rows.get_or_create_owned(&labels),
            flushes: self.flushes.get_or_create_owned(&labels),
            depth: self.depths.get_or_create_owned(&labels),
            refused_full: refused("full"),
            refused_waited: refused("waited"),
        }
    }
}

impl QueueMetrics {
    /// Reads `depth` whenever the metrics are scraped.
    pub(super) fn read_depth(&self, depth: impl Fn() -> usize + Send + Sync + 'static) {
        self.depth.read(move || u64::try_from(depth()).unwrap_or(u64::MAX));
    }

    /// Counts a flush of `rows` calls.
    pub(super) fn flushed(&self, rows: usize, duration: Duration) {
        self.rows.observe(f64::from(u32::try_from(rows).unwrap_or(u32::MAX)));
        self.flushes.observe(duration.as_secs_f64());
    }
}
