//! Starts and stops the export of traces.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Compression, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use secrecy::ExposeSecret;
use tracing_subscriber::{Layer, Registry};

use super::TraceMetrics;
use super::client::ExportClient;
use super::convention::ConventionTracer;
use super::exporter::WatchedExporter;
use super::filter::exported_spans;
use super::queue::{BoundedProcessor, Waiting};
use crate::config::{TraceArgs, TraceSampler, TraceSettings};
use crate::spans;

/// How long the end of the process waits for the last export at most: less than what docker compose allows beyond drain and grace.
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// The export of traces. Dropped, it exports what waits, within the grace period and for 5 s at most.
pub(in crate::telemetry) struct Traces {
    provider: SdkTracerProvider,
    flush_limit: Duration,
}

/// Whether traces can be exported as `args` say.
///
/// # Errors
/// They cannot.
pub(in crate::telemetry) fn check(args: &TraceArgs) -> Result<(), String> {
    match args.settings()? {
        Some(settings) if settings.endpoint.scheme() == "https" && !cfg!(feature = "tls") => {
            Err("the endpoint of OTEL_EXPORTER_OTLP is https, which this build does not speak: build it with `--features tls,otel`"
                .to_owned())
        }
        _ => Ok(()),
    }
}

impl Traces {
    /// Exports spans as `settings` say, through the returned layer; the last ones within `grace`.
    ///
    /// # Errors
    /// The settings cannot be used, or no thread can be started.
    pub(in crate::telemetry) fn start(
        settings: &TraceSettings,
        grace: Duration,
        metrics: TraceMetrics,
    ) -> Result<(Self, Box<dyn Layer<Registry> + Send + Sync>), String> {
        let exporter = exporter(settings).map_err(|error| format!("cannot export traces: {error}"))?;
        let waiting = Waiting::default();
        let dropped = metrics.dropped_in_queue.clone();
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(settings.queue)
            .with_max_export_batch_size(settings.batch)
            .with_scheduled_delay(settings.delay)
            .build();
        let processor = BatchSpanProcessor::new(WatchedExporter::new(exporter, waiting.clone(), metrics), config);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(BoundedProcessor { processor, waiting, most: settings.queue, dropped })
            .with_sampler(sampler(settings.sampler, settings.ratio))
            .with_resource(resource(settings))
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(ConventionTracer(provider.tracer("uprof")))
            // What is left says who called whom, and no more: neither files of the source nor threads, levels and targets.
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(exported_spans());
        spans::export();
        Ok((Self { provider, flush_limit: FLUSH_LIMIT.min(grace) }, layer.boxed()))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // What is not exported by then is lost; the exporter has logged why.
        let _ = self.provider.shutdown_with_timeout(self.flush_limit);
    }
}

fn exporter(settings: &TraceSettings) -> Result<SpanExporter, impl fmt::Display> {
    let headers = settings.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned()));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(ExportClient::new(settings))
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .with_headers(headers.collect::<HashMap<_, _>>());
    let exporter = if settings.gzip { exporter.with_compression(Compression::Gzip) } else { exporter };
    exporter.build()
}

fn sampler(sampler: TraceSampler, ratio: f64) -> Sampler {
    let parent_based = |root| Sampler::ParentBased(Box::new(root));
    match sampler {
        TraceSampler::AlwaysOn => Sampler::AlwaysOn,
        TraceSampler::AlwaysOff => Sampler::AlwaysOff,
        TraceSampler::TraceIdRatio => Sampler::TraceIdRatioBased(ratio),
        TraceSampler::ParentBasedAlwaysOn => parent_based(Sampler::AlwaysOn),
        TraceSampler::ParentBasedAlwaysOff => parent_based(Sampler::AlwaysOff),
        TraceSampler::ParentBasedTraceIdRatio => parent_based(Sampler::TraceIdRatioBased(ratio)),
    }
}

fn resource(settings: &TraceSettings) -> Resource {
    let attributes = settings.attributes.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    // `service.name` among the attributes yields to a name of its own, and only to that.
    let has_name = settings.attributes.iter().any(|(name, _)| name == "service.name");
    let resource = Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes);
    match &settings.service_name {
        None if has_name => resource.build(),
        name => resource.with_service_name(name.clone().unwrap_or_else(|| "uprof".to_owned())).build(),
    }
}
