//! The metrics of the pool.

use std::time::Instant;

use crate::metrics::{Counter, EncodeLabelSet, Family, Histogram, Registry, SetGauge, duration_histogram};

/// What calls wait for, and how often work is done again. A clone counts in the same.
#[derive(Clone, Debug)]
pub(super) struct PoolMetrics {
    waits: Family<ResourceLabels, Histogram>,
    waiting: Family<ResourceLabels, SetGauge>,
    retries: Family<ReasonLabels, Counter>,
    pub(super) connection: WaitMetrics,
    pub(super) share: WaitMetrics,
    /// Reads that are done again, since their connection was lost.
    pub(super) lost_connection: Counter,
    /// Updates that are done again, since another transaction has changed or locked one of their profiles.
    pub(super) lost_race: Counter,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ResourceLabels {
    resource: &'static str,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReasonLabels {
    reason: &'static str,
}

/// The metrics of the waits for one resource.
#[derive(Clone, Debug)]
pub(super) struct WaitMetrics {
    waits: Histogram,
    waiting: SetGauge,
}

/// A call that waits, until this is dropped.
#[derive(Debug)]
pub(super) struct Wait<'m> {
    metrics: &'m WaitMetrics,
    since: Instant,
}

impl PoolMetrics {
    /// Counts from now on; nothing is exposed yet.
    pub(super) fn new() -> Self {
        let waits = Family::<ResourceLabels, Histogram>::new_with_constructor(duration_histogram);
        let (waiting, retries) = (Family::<_, SetGauge>::default(), Family::<_, Counter>::default());
        let wait = |resource| {
            let labels = ResourceLabels { resource };
            WaitMetrics { waits: waits.get_or_create_owned(&labels), waiting: waiting.get_or_create_owned(&labels) }
        };
        let (connection, share) = (wait("connection"), wait("share"));
        let retry = |reason| retries.get_or_create_owned(&ReasonLabels { reason });
        let (lost_connection, lost_race) = (retry("lost_connection"), retry("lost_race"));
        Self { waits, waiting, retries, connection, share, lost_connection, lost_race }
    }

    /// Exposes them in `registry`.
    pub(super) fn register(&self, registry: &Registry) {
        registry.register(
            "uprof_database_wait_seconds",
            "Time that calls waited for Postgres: for a connection, where none was at hand, or for their organization's share of connections",
            self.waits.clone(),
        );
        registry.register(
            "uprof_database_waiting",
            "Calls that wait for a connection to Postgres, or for their organization's share of connections",
            self.waiting.clone(),
        );
        registry.register(
            "uprof_database_retries",
            "Database work that was done again: a read whose connection was lost, or updates that lost a race against others",
            self.retries.clone(),
        );
    }
}

impl WaitMetrics {
    /// A call waits from now on.
    pub(super) fn wait(&self) -> Wait<'_> {
        self.waiting.inc();
        Wait { metrics: self, since: Instant::now() }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.metrics.waiting.dec();
        self.metrics.waits.observe(self.since.elapsed().as_secs_f64());
    }
}
