//! The export of spans as traces of OpenTelemetry, by OTLP.
//! May know what its parent may.

#[cfg(feature = "otel")]
mod client;
#[cfg(feature = "otel")]
mod convention;
#[cfg(feature = "otel")]
mod exporter;
#[cfg(feature = "otel")]
mod filter;
mod metrics;
#[cfg(not(feature = "otel"))]
mod off;
#[cfg(feature = "otel")]
mod provider;
#[cfg(feature = "otel")]
mod queue;

pub(super) use metrics::TraceMetrics;
#[cfg(not(feature = "otel"))]
pub(super) use off::{Traces, check};
#[cfg(feature = "otel")]
pub(super) use provider::{Traces, check};
