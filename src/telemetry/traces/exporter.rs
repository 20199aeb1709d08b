//! Watches exports: counts them, and logs an outage of the collector once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use super::TraceMetrics;
use super::queue::Waiting;

/// The most characters of a reason in the log: it may be the answer of something that is no collector.
const LONGEST_REASON: usize = 200;

/// An exporter that is watched.
#[derive(Debug)]
pub(super) struct WatchedExporter<E> {
    exporter: E,
    waiting: Waiting,
    metrics: TraceMetrics,
    is_failing: AtomicBool,
}

impl<E> WatchedExporter<E> {
    /// Watches `exporter`, which takes spans from those that are `waiting`.
    pub(super) fn new(exporter: E, waiting: Waiting, metrics: TraceMetrics) -> Self {
        Self { exporter, waiting, metrics, is_failing: AtomicBool::new(false) }
    }

    fn report(&self, outcome: &OTelSdkResult) {
        match outcome {
            Ok(()) if self.is_failing.swap(false, Ordering::Relaxed) => {
                tracing::info!("trace export succeeded again");
            }
            Err(error) if !self.is_failing.swap(true, Ordering::Relaxed) => {
                tracing::warn!(
                    error.cause = reason(error),
                    "trace export failed; spans are dropped until it succeeds again"
                );
            }
            _ => {}
        }
    }
}

fn reason(error: &OTelSdkError) -> String {
    error.to_string().chars().take(LONGEST_REASON).collect()
}

impl<E: SpanExporter> SpanExporter for WatchedExporter<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        self.waiting.taken(count);
        let outcome = self.exporter.export(batch).await;
        let counter = if outcome.is_ok() { &self.metrics.exported } else { &self.metrics.dropped_in_export };
        counter.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        self.report(&outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
