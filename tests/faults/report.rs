//! The table of a campaign, in Markdown.

use std::fmt::Write;
use std::time::Duration;

use crate::faults::Fault;
use crate::findings::{Broken, Findings};

/// How long the requests of the quiet organization took.
pub(crate) struct Latencies {
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) requests: usize,
    /// How many were answered as failed.
    pub(crate) failed: u64,
}

impl Latencies {
    pub(crate) fn of(mut all: Vec<Duration>, failed: u64) -> Self {
        all.sort();
        let at = |percent: usize| all[(all.len() - 1) * percent / 100];
        Self { p50: at(50), p99: at(99), requests: all.len(), failed }
    }
}

/// `latencies`: of the quiet organization, without faults, and what it was beside.
pub(crate) fn table(findings: &Findings, seed: u64, took: Duration, latencies: &[(&str, Latencies)]) -> String {
    let mut text = format!("Seed {seed}, {} s.\n\n| faults | injected |\n|---|---:|\n", took.as_secs());
    let mut faults: Vec<_> = Fault::ALL.map(Fault::name).into();
    faults.sort_unstable();
    faults.dedup();
    for fault in faults {
        writeln!(text, "| {fault} | {} |", findings.counted(fault)).unwrap();
    }
    writeln!(text, "\n| operations | |\n|---|---:|\n| checked | {} |", findings.operations()).unwrap();
    for what in OPERATIONS {
        writeln!(text, "| {what} | {} |", findings.counted(what)).unwrap();
    }
    writeln!(text, "\n| result | |\n|---|---:|").unwrap();
    let broken = findings.all_broken();
    for how in [Broken::Lost, Broken::Doubled, Broken::Wrong] {
        writeln!(text, "| {how:?} | {} |", broken.iter().filter(|(found, _)| *found == how).count()).unwrap();
    }
    writeln!(text, "\n| quiet organization | requests | failed | p50 | p99 |\n|---|---:|---:|---:|---:|").unwrap();
    for (name, Latencies { p50, p99, requests, failed }) in latencies {
        writeln!(text, "| {name} | {requests} | {failed} | {p50:.1?} | {p99:.1?} |").unwrap();
    }
    text
}

const OPERATIONS: [&str; 10] = [
    "answered: done, or refused by a rule",
    "answered: failed",
    "answered: outcome unknown",
    "sent, not answered",
    "not sent",
    "creates with an unknown outcome that were done",
    "profiles compared at the end",
    "events compared with changes",
    "decisions compared with webhooks",
    "requests of the neighbor",
];
