//! What is counted of calls that wait for their turn.

use std::time::Duration;

use crate::metrics::{Counter, Family, Gauge, Histogram, Registry, Scale};

/// The metrics of all kinds of calls.
pub(in crate::storage) struct BatchMetrics {
    rows: Family<Histogram, 1>,
    flushes: Family<Histogram, 1>,
    depths: Family<Gauge, 1>,
    refusals: Family<Counter, 2>,
}

/// The metrics of one kind.
#[derive(Clone)]
pub(in crate::storage) struct QueueMetrics {
    rows: Histogram,
    flushes: Histogram,
    depth: Gauge,
    /// Calls that found the queue full.
    pub(in crate::storage) crowded_out: Counter,
    /// Calls that nobody took in time.
    pub(in crate::storage) waited_too_long: Counter,
}

impl BatchMetrics {
    pub(in crate::storage) fn new(registry: &Registry) -> Self {
        let refusals =
            "Calls that were refused, undone, for want of a place in the queue or for waiting there too long.";
        Self {
            rows: registry.histograms("uprof_batch_rows", "Calls that one flush served.", Scale::SIZES, ["kind"]),
            flushes: registry.histograms(
                "uprof_batch_flush_duration_seconds",
                "From the moment at which a batch was taken until its last call was answered.",
                Scale::TIMES,
                ["kind"],
            ),
            depths: registry.gauges("uprof_queue_depth", "Calls that wait to be taken.", ["kind"]),
            refusals: registry.counters("uprof_queue_refusals_total", refusals, ["kind", "reason"]),
        }
    }

    pub(in crate::storage) fn queue(&self, kind: &'static str) -> QueueMetrics {
        QueueMetrics {
            rows: self.rows.with([kind]),
            flushes: self.flushes.with([kind]),
            depth: self.depths.with([kind]),
            crowded_out: self.refusals.with([kind, "full"]),
            waited_too_long: self.refusals.with([kind, "waited"]),
        }
    }
}

impl QueueMetrics {
    /// Reads how many wait, when somebody looks.
    pub(in crate::storage) fn read_depth(&self, depth: impl Fn() -> usize + Send + Sync + 'static) {
        self.depth.read(move || u64::try_from(depth()).unwrap_or(u64::MAX));
    }

    pub(in crate::storage) fn flushed(&self, rows: usize, duration: Duration) {
        self.rows.observe(u64::try_from(rows).unwrap_or(u64::MAX));
        self.flushes.observe_time(duration);
    }
}
