//! What a build that exports traces refuses, and what `uprof config check` shows.

use crate::process::{Process, uprof};

const NO_DATABASE: &str = "postgres://uprof@127.0.0.1:1/uprof";

#[test]
fn https_is_refused_by_a_build_without_tls() {
    if cfg!(feature = "tls") {
        return;
    }
    let mut command = uprof();
    command.arg("serve").env("DATABASE_URL", NO_DATABASE).env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318");
    let said = Process::spawn(command).refusal();
    assert!(said.contains("--features tls,otel"), "{said}");
}

#[test]
fn a_check_shows_the_settings_of_traces_and_no_header() {
    let mut command = uprof();
    command.args(["config", "check"]).env("DATABASE_URL", NO_DATABASE);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318").env("OTEL_EXPORTER_OTLP_HEADERS", "key=sesame");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("sesame"), "{text}");
    for line in ["OTEL_EXPORTER_OTLP_ENDPOINT http://collector:4318", "OTEL_EXPORTER_OTLP_HEADERS (set, not shown)"] {
        let words: Vec<_> = line.split_whitespace().collect();
        assert!(text.lines().any(|shown| shown.split_whitespace().collect::<Vec<_>>().starts_with(&words)), "{text}");
    }
}
