//! Which settings of traces are taken, and what they become.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    traces: TraceArgs,
}

fn settings(arguments: &[&str]) -> Result<Option<TraceSettings>, String> {
    let arguments = ["uprof"].iter().chain(arguments);
    let command = Command::try_parse_from(arguments).map_err(|error| error.to_string())?;
    command.traces.settings()
}

const COLLECTOR: &str = "--otel-exporter-otlp-endpoint=http://collector:4318";

#[test]
fn traces_are_off_without_an_endpoint_and_where_they_are_switched_off() {
    for arguments in [
        &[][..],
        &["--otel-service-name=a"],
        &[COLLECTOR, "--otel-sdk-disabled=true"],
        &[COLLECTOR, "--otel-traces-exporter=none"],
    ] {
        assert!(settings(arguments).unwrap().is_none(), "{arguments:?}");
    }
}

#[test]
fn the_path_of_traces_is_appended_to_the_endpoint_of_all_signals_only() {
    let own = "--otel-exporter-otlp-traces-endpoint=http://other:1/here";
    for (arguments, url) in [
        (&[COLLECTOR][..], "http://collector:4318/v1/traces"),
        (&["--otel-exporter-otlp-endpoint=https://collector/base/"], "https://collector/base/v1/traces"),
        (&[COLLECTOR, own], "http://other:1/here"),
        (&[own], "http://other:1/here"),
    ] {
        assert_eq!(settings(arguments).unwrap().unwrap().endpoint.as_str(), url);
    }
}

#[test]
fn what_is_set_for_traces_goes_before_what_is_set_for_all_signals() {
    let all = [COLLECTOR, "--otel-exporter-otlp-headers=a=1", "--otel-exporter-otlp-timeout=2000"];
    let own = ["--otel-exporter-otlp-traces-headers=b=x%2Cy, c = 3", "--otel-exporter-otlp-traces-timeout=3000"];
    let headers = |settings: &TraceSettings| -> Vec<String> {
        let header = |(name, value): &(String, SecretString)| format!("{name}: {}", value.expose_secret());
        settings.headers.iter().map(header).collect()
    };
    let of_all = settings(&all).unwrap().unwrap();
    assert_eq!((headers(&of_all), of_all.timeout), (vec!["a: 1".to_owned()], Duration::from_secs(2)));
    let of_traces = settings(&[&all[..], &own].concat()).unwrap().unwrap();
    assert_eq!(headers(&of_traces), ["b: x,y", "c: 3"]);
    assert_eq!(of_traces.timeout, Duration::from_secs(3));
}

#[test]
fn what_cannot_be_done_is_refused_without_showing_a_header() {
    for (argument, reason) in [
        ("--otel-exporter-otlp-protocol=grpc", "OTEL_EXPORTER_OTLP_PROTOCOL: expected one of http/protobuf"),
        ("--otel-exporter-otlp-compression=zstd", "expected one of gzip, none"),
        ("--otel-traces-sampler=xray", "expected one of always_on, always_off, traceidratio, parentbased_always_on"),
        ("--otel-traces-sampler-arg=1.5", "from 0 to 1"),
        ("--otel-bsp-schedule-delay=5s", "milliseconds"),
        ("--otel-exporter-otlp-endpoint=http://a:sesame@b", "has a user name or a password"),
        ("--otel-exporter-otlp-headers=sesame", "OTEL_EXPORTER_OTLP_HEADERS: expected NAME=VALUE"),
        ("--otel-resource-attributes=a", "OTEL_RESOURCE_ATTRIBUTES: expected NAME=VALUE"),
    ] {
        let endpoint = if argument.contains("endpoint") { "--otel-service-name=a" } else { COLLECTOR };
        let refusal = settings(&[endpoint, argument]).unwrap_err();
        assert!(refusal.contains(reason), "{argument}: {refusal}");
        assert!(argument.contains("endpoint") || !refusal.contains("sesame"), "{refusal}");
    }
}

#[test]
fn a_batch_is_at_most_the_queue() {
    let settings = settings(&[COLLECTOR, "--otel-bsp-max-queue-size=10"]).unwrap().unwrap();
    assert_eq!((settings.queue, settings.batch), (10, 10));
}
