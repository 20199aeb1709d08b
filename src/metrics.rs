//! Metrics of the running service, on `prometheus-client`: the registry, and what the modules count in.
//! May know no other module; every module that counts may name it.
//!
//! Label values are literals of this source, never something that a caller sent: no personal data can become a label, and the number of
//! series is bounded.

mod process;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, prometheus_text};
use prometheus_client::metrics::histogram::exponential_buckets;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Metric;

pub use prometheus_client::encoding::EncodeLabelSet;
pub use prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
pub use prometheus_client::metrics::counter::Counter;
pub use prometheus_client::metrics::family::Family;
pub use prometheus_client::metrics::gauge::Gauge as SetGauge;
pub use prometheus_client::metrics::histogram::Histogram;

/// The metrics of one service. Clones are the same registry.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<prometheus_client::registry::Registry>>);

impl Registry {
    /// Exposes `metric` and returns it. The exposition appends `_total` to the name of a counter, and a full stop to `help`.
    pub fn register<M: Metric + Clone>(&self, name: &'static str, help: &'static str, metric: M) -> M {
        self.metrics().register(name, help, metric.clone());
        metric
    }

    /// All metrics in Prometheus' text format, whose media type is [`CONTENT_TYPE`].
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // The only error would be the string's, and writing to a string cannot fail.
        let _ = prometheus_text::encode(&mut text, &self.metrics());
        text
    }

    fn metrics(&self) -> MutexGuard<'_, prometheus_client::registry::Registry> {
        // A panic leaves no half-registered metric behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A histogram of durations in seconds, with buckets from a quarter of a millisecond to ten seconds.
#[must_use]
pub fn duration_histogram() -> Histogram {
    Histogram::new([0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

/// A histogram of numbers of rows, with buckets from 1 to 1,024.
#[must_use]
pub fn row_histogram() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 11))
}

/// A number that each scrape reads from its source, where the library's own gauge would have to be set at every change. Clones are the
/// same gauge.
#[derive(Clone, Default)]
pub struct Gauge(Arc<OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>>);

impl Gauge {
    /// Sets the source. Without one the gauge is 0; later calls change nothing.
    pub fn read(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.0.get_or_init(|| Box::new(read));
    }

    fn get(&self) -> u64 {
        self.0.get().map_or(0, |read| read())
    }
}

impl TypedMetric for Gauge {
    const TYPE: MetricType = MetricType::Gauge;
}

impl EncodeMetric for Gauge {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        encoder.encode_gauge(&self.get())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Gauge({})", self.get())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
    struct ShapeLabels {
        kind: &'static str,
        size: &'static str,
    }

    #[test]
    fn counters_and_gauges_are_exposed_with_their_labels() {
        let registry = Registry::default();
        let shapes: Family<ShapeLabels, Counter> = registry.register("shapes", "Shapes, by kind", Family::default());
        shapes.get_or_create(&ShapeLabels { kind: "circle", size: "small" }).inc_by(2);
        registry.register("depth", "How deep", Gauge::default()).read(|| 7);
        assert_eq!(
            registry.text(),
            "# HELP shapes_total Shapes, by kind.\n\
             # TYPE shapes_total counter\n\
             shapes_total{kind=\"circle\",size=\"small\"} 2\n\
             # HELP depth How deep.\n\
             # TYPE depth gauge\n\
             depth 7\n"
        );
    }

    fn bounds(text: &str) -> Vec<&str> {
        text.split("le=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect()
    }

    #[test]
    fn the_bounds_of_buckets_are_those_that_dashboards_select() {
        let registry = Registry::default();
        registry.register("wait_seconds", "Durations", duration_histogram());
        registry.register("rows", "Rows", row_histogram());
        assert_eq!(
            bounds(&registry.text()).join(" "),
            "0.00025 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf \
             1 2 4 8 16 32 64 128 256 512 1024 +Inf"
        );
    }

    #[test]
    fn a_duration_at_a_bound_belongs_to_the_bucket_below_it() {
        let registry = Registry::default();
        let durations = registry.register("wait_seconds", "Durations", duration_histogram());
        for microseconds in [250, 251, 9_000_000] {
            durations.observe(Duration::from_micros(microseconds).as_secs_f64());
        }
        let text = registry.text();
        for sample in ["bucket{le=\"0.00025\"} 1\n", "bucket{le=\"0.0005\"} 2\n", "bucket{le=\"10\"} 3\n"] {
            assert!(text.contains(sample), "{sample} in {text}");
        }
        assert!(text.ends_with("wait_seconds_sum 9.000501\nwait_seconds_count 3\n"), "{text}");
    }
}
