//! Metrics of the process, under the names that Prometheus' own clients give them.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::Registry;

impl Registry {
    /// Exposes the release, and what the process takes: read at each scrape, as far as the system says it. The process `started` then, in seconds
    /// since the epoch.
    pub fn register_process(&self, started: i64) {
        let mut metrics = self.metrics();
        metrics.register(
            "uprof_build",
            "The release that runs",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        metrics.register_collector(Box::new(ProcessCollector { started }));
    }
}

/// Reads the metrics of the process.
#[derive(Debug)]
struct ProcessCollector {
    /// Seconds since the epoch.
    started: i64,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        counter(&mut encoder, "process_cpu_seconds", "CPU time of the process", cpu_seconds())?;
        let started = "When the process started, in seconds since the epoch";
        gauge(&mut encoder, "process_start_time_seconds", started, Some(self.started))?;
        gauge(&mut encoder, "process_resident_memory_bytes", "Resident memory of the process", resident_bytes())?;
        gauge(&mut encoder, "process_open_fds", "Open files of the process", open_files())?;
        gauge(&mut encoder, "process_max_fds", "The limit of open files", most_files())
    }
}

fn counter(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: f64) -> fmt::Result {
    let metric = ConstCounter::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn gauge<N>(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: Option<N>) -> fmt::Result
where
    ConstGauge<N>: EncodeMetric,
{
    let Some(value) = value else { return Ok(()) };
    let metric = ConstGauge::new(value);
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of CPU time are exact in a double for millions of years")]
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Linux only.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Linux only.
fn open_files() -> Option<u64> {
    u64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

/// `None` if there is no limit.
fn most_files() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_and_its_release_are_exposed_under_the_usual_names() {
        let registry = Registry::default();
        registry.register_process(1_800_000_000);
        let text = registry.text();
        assert!(
            text.contains(&format!("\nuprof_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION"))),
            "{text}"
        );
        let value = |name: &str| -> f64 {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).unwrap();
            line.parse().unwrap()
        };
        assert!(value("process_cpu_seconds_total") > 0.0);
        assert!((value("process_start_time_seconds") - 1.8e9).abs() < 0.5);
        if cfg!(target_os = "linux") {
            assert!(value("process_resident_memory_bytes") > 1e6);
            assert!(value("process_open_fds") >= 3.0 && value("process_open_fds") < value("process_max_fds"));
        }
    }
}
