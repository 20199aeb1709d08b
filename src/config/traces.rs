//! Settings of traces: the standard variables of OpenTelemetry, with their standard meanings.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{Args, ValueEnum};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::values::service_url;

/// What is appended to the endpoint of all signals.
const TRACES_PATH: &str = "v1/traces";

/// Which traces are exported, and where to.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "flags are named as the standard's variables")]
#[command(next_help_heading = "Traces (OpenTelemetry), in builds with --features otel")]
pub struct TraceArgs {
    /// The OTLP/HTTP endpoint that traces are sent to, as `http://HOST:4318`; `/v1/traces` is appended. Without an endpoint none are exported
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = endpoint)]
    otel_exporter_otlp_endpoint: Option<Url>,

    /// The same as a whole URL, to which nothing is appended
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value_name = "URL", value_parser = endpoint)]
    otel_exporter_otlp_traces_endpoint: Option<Url>,

    /// Headers of each export, as NAME=VALUE,NAME=VALUE with percent-encoded values
    #[arg(long, env = "OTEL_EXPORTER_OTLP_HEADERS", value_name = "LIST", hide_env_values = true)]
    otel_exporter_otlp_headers: Option<SecretString>,

    /// The same, in place of the former
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_HEADERS", value_name = "LIST", hide_env_values = true)]
    otel_exporter_otlp_traces_headers: Option<SecretString>,

    /// The timeout of an export, in milliseconds
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TIMEOUT", value_name = "MS", default_value = "10000", value_parser = milliseconds)]
    otel_exporter_otlp_timeout: Duration,

    /// The same, in place of the former
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", value_name = "MS", value_parser = milliseconds)]
    otel_exporter_otlp_traces_timeout: Option<Duration>,

    /// The protocol of exports
    #[arg(long, env = "OTEL_EXPORTER_OTLP_PROTOCOL", value_name = "PROTOCOL", default_value = "http/protobuf")]
    otel_exporter_otlp_protocol: ExportProtocol,

    /// The same, in place of the former
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", value_name = "PROTOCOL")]
    otel_exporter_otlp_traces_protocol: Option<ExportProtocol>,

    /// The compression of exports
    #[arg(long, env = "OTEL_EXPORTER_OTLP_COMPRESSION", value_name = "COMPRESSION", default_value = "none")]
    otel_exporter_otlp_compression: ExportCompression,

    /// The same, in place of the former
    #[arg(long, env = "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", value_name = "COMPRESSION")]
    otel_exporter_otlp_traces_compression: Option<ExportCompression>,

    /// Whether traces are exported at all
    #[arg(long, env = "OTEL_TRACES_EXPORTER", value_name = "EXPORTER", default_value = "otlp")]
    otel_traces_exporter: TraceExporter,

    /// Export no traces, whatever else is set
    #[arg(long, env = "OTEL_SDK_DISABLED")]
    otel_sdk_disabled: bool,

    /// Which traces are exported: of those whose caller has decided, as the caller says (parentbased_…); else all, none, or a part
    #[arg(long, env = "OTEL_TRACES_SAMPLER", value_name = "SAMPLER", default_value = "parentbased_always_on")]
    otel_traces_sampler: TraceSampler,

    /// The part of traces that the …traceidratio samplers export, from 0 to 1
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", value_name = "RATIO", default_value = "1", value_parser = ratio)]
    otel_traces_sampler_arg: f64,

    /// The name of this service in its traces [default: uprof, or service.name among the attributes]
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "NAME")]
    otel_service_name: Option<String>,

    /// Attributes of this service in its traces, as NAME=VALUE,NAME=VALUE with percent-encoded values
    #[arg(long, env = "OTEL_RESOURCE_ATTRIBUTES", value_name = "LIST")]
    otel_resource_attributes: Option<String>,

    /// The longest time between two exports, in milliseconds
    #[arg(long, env = "OTEL_BSP_SCHEDULE_DELAY", value_name = "MS", default_value = "5000", value_parser = milliseconds)]
    otel_bsp_schedule_delay: Duration,

    /// The most spans that wait to be exported; more are dropped
    #[arg(long, env = "OTEL_BSP_MAX_QUEUE_SIZE", value_name = "N", default_value = "2048")]
    otel_bsp_max_queue_size: NonZeroUsize,

    /// The most spans in an export
    #[arg(long, env = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", value_name = "N", default_value = "512")]
    otel_bsp_max_export_batch_size: NonZeroUsize,

    /// The timeout of an export, in milliseconds; the shorter one of both holds
    #[arg(long, env = "OTEL_BSP_EXPORT_TIMEOUT", value_name = "MS", default_value = "30000", value_parser = milliseconds)]
    otel_bsp_export_timeout: Duration,
}

/// The protocols of OTLP that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportProtocol {
    /// Protobuf over HTTP.
    #[value(name = "http/protobuf")]
    HttpProtobuf,
}

/// How exports are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportCompression {
    /// Not at all.
    None,
    /// By gzip.
    Gzip,
}

/// Where traces go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TraceExporter {
    /// To the endpoint.
    Otlp,
    /// Nowhere.
    None,
}

/// The standard samplers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
#[expect(missing_docs, reason = "clap would print it beside the names, which are the standard's")]
pub enum TraceSampler {
    AlwaysOn,
    AlwaysOff,
    #[value(name = "traceidratio")]
    TraceIdRatio,
    #[value(name = "parentbased_always_on")]
    ParentBasedAlwaysOn,
    #[value(name = "parentbased_always_off")]
    ParentBasedAlwaysOff,
    #[value(name = "parentbased_traceidratio")]
    ParentBasedTraceIdRatio,
}

/// How traces are exported.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Where to.
    pub endpoint: Url,
    /// Headers of each export.
    pub headers: Vec<(String, SecretString)>,
    /// Whether exports are compressed by gzip.
    pub gzip: bool,
    /// The timeout of an export.
    pub timeout: Duration,
    /// Which traces are exported.
    pub sampler: TraceSampler,
    /// The part of traces of a sampler by ratio, from 0 to 1.
    pub ratio: f64,
    /// The name of this service, if it has one of its own.
    pub service_name: Option<String>,
    /// Further attributes of this service.
    pub attributes: Vec<(String, String)>,
    /// The most spans that wait for an export.
    pub queue: usize,
    /// The most spans of an export.
    pub batch: usize,
    /// The longest time between two exports.
    pub delay: Duration,
}

impl TraceArgs {
    /// How traces are exported; `None` if they are not.
    ///
    /// # Errors
    /// A list is not one of `NAME=VALUE`; the message shows no value.
    pub fn settings(&self) -> Result<Option<TraceSettings>, String> {
        let of_all_signals = || self.otel_exporter_otlp_endpoint.clone().map(|url| below(url, TRACES_PATH));
        let endpoint = self.otel_exporter_otlp_traces_endpoint.clone().or_else(of_all_signals);
        let is_off = self.otel_sdk_disabled || self.otel_traces_exporter == TraceExporter::None;
        let Some(endpoint) = endpoint.filter(|_| !is_off) else { return Ok(None) };
        let headers = match (&self.otel_exporter_otlp_traces_headers, &self.otel_exporter_otlp_headers) {
            (Some(own), _) => pairs("OTEL_EXPORTER_OTLP_TRACES_HEADERS", own.expose_secret())?,
            (None, Some(all)) => pairs("OTEL_EXPORTER_OTLP_HEADERS", all.expose_secret())?,
            (None, None) => Vec::new(),
        };
        let attributes = self.otel_resource_attributes.as_deref().unwrap_or_default();
        // One value each exists, which has to be named to be checked.
        let ExportProtocol::HttpProtobuf =
            self.otel_exporter_otlp_traces_protocol.unwrap_or(self.otel_exporter_otlp_protocol);
        let compression = self.otel_exporter_otlp_traces_compression.unwrap_or(self.otel_exporter_otlp_compression);
        let timeout = self.otel_exporter_otlp_traces_timeout.unwrap_or(self.otel_exporter_otlp_timeout);
        Ok(Some(TraceSettings {
            endpoint,
            headers: headers.into_iter().map(|(name, value)| (name, SecretString::from(value))).collect(),
            gzip: compression == ExportCompression::Gzip,
            timeout: timeout.min(self.otel_bsp_export_timeout),
            sampler: self.otel_traces_sampler,
            ratio: self.otel_traces_sampler_arg,
            service_name: self.otel_service_name.clone(),
            attributes: pairs("OTEL_RESOURCE_ATTRIBUTES", attributes)?,
            queue: self.otel_bsp_max_queue_size.get(),
            batch: self.otel_bsp_max_export_batch_size.get().min(self.otel_bsp_max_queue_size.get()),
            delay: self.otel_bsp_schedule_delay,
        }))
    }
}

/// An endpoint: an http or https URL without a password, which would not be hidden.
fn endpoint(text: &str) -> Result<Url, String> {
    service_url(text).map_err(|reason| format!("the URL {reason}: give one such as http://collector:4318"))
}

/// `path` below that of `url`.
fn below(mut url: Url, path: &str) -> Url {
    let whole = format!("{}/{path}", url.path().trim_end_matches('/'));
    url.set_path(&whole);
    url
}

/// A positive number of milliseconds, as the standard has durations.
fn milliseconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<u32>() {
        Ok(count @ 1..) => Ok(Duration::from_millis(count.into())),
        _ => Err("expected a number of milliseconds, without a unit".to_owned()),
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    let ratio = text.trim().parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
    ratio.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

/// The pairs of a list that the variable `name` holds.
fn pairs(name: &str, list: &str) -> Result<Vec<(String, String)>, String> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    let pair = |item: &str| {
        let (key, value) = item.split_once('=').filter(|(key, _)| !key.trim().is_empty())?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        Some((key.trim().to_owned(), value.into_owned()))
    };
    let pairs: Option<_> = items.map(pair).collect();
    pairs.ok_or_else(|| format!("{name} is not a list of NAME=VALUE, with percent-encoded values, separated by commas"))
}

#[cfg(test)]
mod tests;
