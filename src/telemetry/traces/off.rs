//! A build that exports no traces.

use std::time::Duration;

use tracing_subscriber::layer::Identity;

use super::TraceMetrics;
use crate::config::{TraceArgs, TraceSettings};

/// What this build refuses.
const REFUSAL: &str = "an endpoint of OTEL_EXPORTER_OTLP is set, but this build exports no traces: use the image, build with \
                       `--features otel`, or set OTEL_SDK_DISABLED=true";

/// No traces.
pub(in crate::telemetry) enum Traces {}

impl Traces {
    /// Refuses.
    pub(in crate::telemetry) fn start(
        _: &TraceSettings,
        _: Duration,
        _: TraceMetrics,
    ) -> Result<(Self, Identity), String> {
        Err(REFUSAL.to_owned())
    }
}

/// Whether traces can be exported as `args` say.
///
/// # Errors
/// They are to be exported, which this build cannot do.
pub(in crate::telemetry) fn check(args: &TraceArgs) -> Result<(), String> {
    if args.settings()?.is_some() { Err(REFUSAL.to_owned()) } else { Ok(()) }
}
