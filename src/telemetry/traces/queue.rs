//! Bounds the spans that wait for their export, and counts those that find no place. The library's queue has the same bound, but tells
//! nobody what it drops.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::metrics::Counter;

/// The number of spans that wait. A clone counts the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    /// Adds one, unless as many as `most` wait.
    fn add(&self, most: usize) -> bool {
        let is_added = self.0.fetch_add(1, Ordering::Relaxed) < most;
        if !is_added {
            self.taken(1);
        }
        is_added
    }

    /// So many were taken to be exported.
    pub(super) fn taken(&self, count: usize) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }
}

/// A processor before which at most a number of spans wait.
#[derive(Debug)]
pub(super) struct BoundedProcessor<P> {
    pub(super) processor: P,
    pub(super) waiting: Waiting,
    pub(super) most: usize,
    pub(super) dropped: Counter,
}

impl<P: SpanProcessor> SpanProcessor for BoundedProcessor<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.add(self.most) {
            self.processor.on_end(span);
        } else {
            self.dropped.inc();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.processor.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_wait_than_may() {
        let waiting = Waiting::default();
        assert_eq!([waiting.add(2), waiting.add(2), waiting.add(2)], [true, true, false]);
        waiting.taken(1);
        assert_eq!([waiting.add(2), waiting.add(2)], [true, false]);
    }
}
