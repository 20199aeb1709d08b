//! The metrics of batch queues.

use std::time::Duration;

use crate::metrics::{Counter, Family, Gauge, Histogram, Registry, Scale};

/// The metrics of all queues, labelled by the kind of call.
pub(super) struct BatchMetrics {
    rows: Family<Histogram, 1>,
    flushes: Family<Histogram, 1>,
    depths: Family<Gauge, 1>,
    refusals: Family<Counter, 2>,
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
        let refusals = "Calls refused because the queue was full or no flush began within the maximum wait.";
        Self {
            rows: registry.histograms("uprof_batch_rows", "Calls per flush.", Scale::SIZES, ["kind"]),
            flushes: registry.histograms(
                "uprof_batch_flush_duration_seconds",
                "Time from taking a batch from the queue to its last answer.",
                Scale::TIMES,
                ["kind"],
            ),
            depths: registry.gauges("uprof_queue_depth", "Calls waiting to be flushed.", ["kind"]),
            refusals: registry.counters("uprof_queue_refusals_total", refusals, ["kind", "reason"]),
        }
    }

    pub(super) fn queue(&self, kind: &'static str) -> QueueMetrics {
        QueueMetrics {
            rows: self.rows.with([kind]),
            flushes: self.flushes.with([kind]),
            depth: self.depths.with([kind]),
            refused_full: self.refusals.with([kind, "full"]),
            refused_waited: self.refusals.with([kind, "waited"]),
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
        self.rows.observe(u64::try_from(rows).unwrap_or(u64::MAX));
        self.flushes.observe_time(duration);
    }
}
