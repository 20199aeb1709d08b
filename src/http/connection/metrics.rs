//! Metrics of connections, and the log line of their limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::metrics::{Counter, EncodeLabelSet, Family, Gauge, Registry};

/// How often the log says that the limit of connections is reached, at most.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// Numbers of the connections of all workers.
pub(in crate::http) struct ConnectionMetrics {
    pub(super) open: Arc<AtomicU64>,
    /// Idle for longer than the keep-alive time.
    pub(super) idle: Counter,
    /// The head of a request did not arrive in time.
    pub(super) slow_head: Counter,
    /// The body of a request did not arrive in time.
    pub(super) slow_body: Counter,
    /// The client did not read its answer in time.
    pub(super) slow_reader: Counter,
    evicted: Counter,
    refused: Counter,
    started: Instant,
    /// When the next line may be logged, in milliseconds after the start.
    next_line: AtomicU64,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct ReasonLabels {
    reason: &'static str,
}

impl ConnectionMetrics {
    pub(in crate::http) fn new(registry: &Registry) -> Self {
        let open = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&open);
        registry
            .register("uprof_http_connections", "Open connections", Gauge::default())
            .read(move || counted.load(Ordering::Relaxed));
        let closed: Family<ReasonLabels, Counter> = registry.register(
            "uprof_http_connections_closed",
            "Connections that the service closed, and why",
            Family::default(),
        );
        let closed = |reason| closed.get_or_create_owned(&ReasonLabels { reason });
        Self {
            open,
            idle: closed("idle"),
            slow_head: closed("slow_head"),
            slow_body: closed("slow_body"),
            slow_reader: closed("slow_reader"),
            evicted: closed("evicted"),
            refused: closed("refused"),
            started: Instant::now(),
            next_line: AtomicU64::new(0),
        }
    }

    /// A waiting connection is closed, because there are too many, or too much that clients do not read.
    pub(super) fn count_evicted(&self) {
        self.evicted.inc();
        self.log("limit of connections or unread answers reached; closing connections that have waited longest for their client");
    }

    /// A new connection is closed, because all others are in use.
    pub(super) fn count_refused(&self) {
        self.refused.inc();
        self.log("connection limit reached and all connections are in use; closing new connections");
    }

    fn log(&self, message: &'static str) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let pause = u64::try_from(LOG_PAUSE.as_millis()).unwrap_or(u64::MAX);
        let due = self.next_line.load(Ordering::Relaxed);
        let next = now.saturating_add(pause);
        if now >= due && self.next_line.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            tracing::warn!(
                connections.evicted = self.evicted.get(),
                connections.refused = self.refused.get(),
                "{message}"
            );
        }
    }
}
