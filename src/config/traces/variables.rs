//! The variables of traces, as the flags and the help of the verbs that serve.

use clap::Arg;

pub(super) const HEADING: &str = "Traces (OpenTelemetry), in builds with --features otel";

/// A variable, and the flag that does the same.
pub(super) struct Variable {
    pub(super) name: &'static str,
    flag: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
}

const fn variable(
    [name, flag]: [&'static str; 2],
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Variable {
    Variable { name, flag, value, default, help }
}

pub(super) const ENDPOINT: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "otel-exporter-otlp-endpoint"];
pub(super) const TRACES_ENDPOINT: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "otel-exporter-otlp-traces-endpoint"];
pub(super) const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_HEADERS", "otel-exporter-otlp-headers"];
pub(super) const TRACES_HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "otel-exporter-otlp-traces-headers"];
pub(super) const TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TIMEOUT", "otel-exporter-otlp-timeout"];
pub(super) const TRACES_TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "otel-exporter-otlp-traces-timeout"];
pub(super) const PROTOCOL: [&str; 2] = ["OTEL_EXPORTER_OTLP_PROTOCOL", "otel-exporter-otlp-protocol"];
pub(super) const TRACES_PROTOCOL: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "otel-exporter-otlp-traces-protocol"];
pub(super) const COMPRESSION: [&str; 2] = ["OTEL_EXPORTER_OTLP_COMPRESSION", "otel-exporter-otlp-compression"];
pub(super) const TRACES_COMPRESSION: [&str; 2] =
    ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "otel-exporter-otlp-traces-compression"];
pub(super) const EXPORTER: [&str; 2] = ["OTEL_TRACES_EXPORTER", "otel-traces-exporter"];
pub(super) const DISABLED: [&str; 2] = ["OTEL_SDK_DISABLED", "otel-sdk-disabled"];
pub(super) const SAMPLER: [&str; 2] = ["OTEL_TRACES_SAMPLER", "otel-traces-sampler"];
pub(super) const SAMPLER_ARG: [&str; 2] = ["OTEL_TRACES_SAMPLER_ARG", "otel-traces-sampler-arg"];
pub(super) const SERVICE_NAME: [&str; 2] = ["OTEL_SERVICE_NAME", "otel-service-name"];
pub(super) const ATTRIBUTES: [&str; 2] = ["OTEL_RESOURCE_ATTRIBUTES", "otel-resource-attributes"];
pub(super) const DELAY: [&str; 2] = ["OTEL_BSP_SCHEDULE_DELAY", "otel-bsp-schedule-delay"];
pub(super) const QUEUE: [&str; 2] = ["OTEL_BSP_MAX_QUEUE_SIZE", "otel-bsp-max-queue-size"];
pub(super) const BATCH: [&str; 2] = ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "otel-bsp-max-export-batch-size"];
pub(super) const EXPORT_TIMEOUT: [&str; 2] = ["OTEL_BSP_EXPORT_TIMEOUT", "otel-bsp-export-timeout"];

const INSTEAD: &str = "The same, in place of the former";

/// In the order of the help.
pub(super) const VARIABLES: [Variable; 20] = [
    variable(
        ENDPOINT,
        "URL",
        "",
        "The OTLP/HTTP endpoint that traces are sent to, as http://HOST:4318; `/v1/traces` is appended. Without an endpoint none are exported",
    ),
    variable(TRACES_ENDPOINT, "URL", "", "The same as a whole URL, to which nothing is appended"),
    variable(HEADERS, "LIST", "", "Headers of each export, as NAME=VALUE,NAME=VALUE with percent-encoded values"),
    variable(TRACES_HEADERS, "LIST", "", INSTEAD),
    variable(TIMEOUT, "MS", "10000", "The timeout of an export, in milliseconds"),
    variable(TRACES_TIMEOUT, "MS", "", INSTEAD),
    variable(PROTOCOL, "PROTOCOL", "http/protobuf", "The protocol of exports: no other is spoken"),
    variable(TRACES_PROTOCOL, "PROTOCOL", "", INSTEAD),
    variable(COMPRESSION, "COMPRESSION", "none", "The compression of exports: none or gzip"),
    variable(TRACES_COMPRESSION, "COMPRESSION", "", INSTEAD),
    variable(EXPORTER, "EXPORTER", "otlp", "Whether traces are exported at all: otlp or none"),
    variable(DISABLED, "BOOLEAN", "false", "Whether no traces are exported, whatever else is set"),
    variable(
        SAMPLER,
        "SAMPLER",
        "parentbased_always_on",
        "Which traces are exported: always_on, always_off, traceidratio, or parentbased_ before one of these, which does as the caller has decided, \
         if it has",
    ),
    variable(SAMPLER_ARG, "RATIO", "1", "The part of traces that traceidratio exports, from 0 to 1"),
    variable(
        SERVICE_NAME,
        "NAME",
        "",
        "The name of this service in its traces [default: uprof, or service.name among the attributes]",
    ),
    variable(
        ATTRIBUTES,
        "LIST",
        "",
        "Attributes of this service in its traces, as NAME=VALUE,NAME=VALUE with percent-encoded values",
    ),
    variable(DELAY, "MS", "5000", "The longest time between two exports, in milliseconds"),
    variable(QUEUE, "N", "2048", "The most spans that wait to be exported; more are dropped"),
    variable(BATCH, "N", "512", "The most spans in an export"),
    variable(EXPORT_TIMEOUT, "MS", "30000", "The timeout of an export, in milliseconds; the shorter one of both holds"),
];

impl Variable {
    pub(super) fn argument(&self) -> Arg {
        let is_secret = [HEADERS, TRACES_HEADERS].iter().any(|[name, _]| *name == self.name);
        let argument = Arg::new(self.name).long(self.flag).env(self.name).value_name(self.value).help(self.help);
        let argument = argument.hide_env_values(is_secret);
        if self.default.is_empty() { argument } else { argument.default_value(self.default) }
    }
}
