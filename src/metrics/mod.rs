//! Numbers about the running service, and the text in which they are read.
//! May know no other module; every module that counts may name it.
//!
//! Labels are literals of this source, never a caller's words: nothing that belongs to anybody can become one, and the number of series
//! is bounded. To count costs a few atomic additions; what has a source of its own is read at each scrape.

mod exposition;
mod family;
mod instrument;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exposition::Exposition;
pub use family::Family;
pub use instrument::{Counter, Gauge, Histogram, Scale};

/// The metrics of one service. Clones are the same registry.
#[derive(Clone, Default)]
pub struct Registry(Arc<Mutex<BTreeMap<&'static str, Metric>>>);

struct Metric {
    about: &'static str,
    kind: &'static str,
    write: Box<dyn Fn(&mut Exposition) + Send + Sync>,
}

impl Registry {
    /// Numbers that only grow, one for each combination of the labels' values.
    #[must_use]
    pub fn counters<const N: usize>(
        &self,
        name: &'static str,
        about: &'static str,
        labels: [&'static str; N],
    ) -> Family<Counter, N> {
        let family = Family::new(labels, Counter::default);
        self.register(name, about, "counter", family.clone(), |counter, series, text| {
            text.sample(series, &counter.get());
        });
        family
    }

    /// Numbers that are read from their source at each scrape.
    #[must_use]
    pub fn gauges<const N: usize>(
        &self,
        name: &'static str,
        about: &'static str,
        labels: [&'static str; N],
    ) -> Family<Gauge, N> {
        let family = Family::new(labels, Gauge::default);
        self.register(name, about, "gauge", family.clone(), |gauge, series, text| text.sample(series, &gauge.get()));
        family
    }

    /// How often values lay in which range of `scale`, and their sum.
    #[must_use]
    pub fn histograms<const N: usize>(
        &self,
        name: &'static str,
        about: &'static str,
        scale: Scale,
        labels: [&'static str; N],
    ) -> Family<Histogram, N> {
        let family = Family::new(labels, move || Histogram::new(scale));
        self.register(name, about, "histogram", family.clone(), |histogram, series, text| {
            histogram.write(series, text);
        });
        family
    }

    /// Everything, in the text format of Prometheus, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = Exposition::default();
        for (name, metric) in &*self.metrics() {
            text.begin(name, metric.kind, metric.about);
            (metric.write)(&mut text);
        }
        text.into_string()
    }

    fn register<M: Clone + Send + Sync + 'static, const N: usize>(
        &self,
        name: &'static str,
        about: &'static str,
        kind: &'static str,
        family: Family<M, N>,
        write: fn(&M, &[(&str, &str)], &mut Exposition),
    ) {
        let write = Box::new(move |text: &mut Exposition| family.each(|series, metric| write(metric, series, text)));
        let before = self.metrics().insert(name, Metric { about, kind, write });
        debug_assert!(before.is_none(), "two metrics are called {name}");
    }

    fn metrics(&self) -> MutexGuard<'_, BTreeMap<&'static str, Metric>> {
        // Nothing that holds the lock leaves it half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_counted_is_written_by_name_and_by_label() {
        let registry = Registry::default();
        let shapes = registry.counters("shapes_total", "Shapes, by kind.", ["kind", "size"]);
        shapes.with(["square", "large"]).increment();
        shapes.with(["circle", "small"]).add(2);
        shapes.with(["square", "large"]).increment();
        registry.gauges("depth", "How deep.", []).with([]).read(|| 7);
        assert_eq!(
            registry.text(),
            "# HELP depth How deep.\n\
             # TYPE depth gauge\n\
             depth 7\n\
             # HELP shapes_total Shapes, by kind.\n\
             # TYPE shapes_total counter\n\
             shapes_total{kind=\"circle\",size=\"small\"} 2\n\
             shapes_total{kind=\"square\",size=\"large\"} 2\n"
        );
    }

    #[test]
    fn a_histogram_counts_what_lies_at_a_bound_below_it_and_gives_times_in_seconds() {
        const SHORT: Scale = Scale::microseconds(&[1_000, 2_500_000]);
        let registry = Registry::default();
        let times = registry.histograms("time_seconds", "Times.", SHORT, []).with([]);
        for time in [0, 1_000, 1_001, 9_000_000] {
            times.observe_time(Duration::from_micros(time));
        }
        assert_eq!(
            registry.text(),
            "# HELP time_seconds Times.\n\
             # TYPE time_seconds histogram\n\
             time_seconds_bucket{le=\"0.001\"} 2\n\
             time_seconds_bucket{le=\"2.5\"} 3\n\
             time_seconds_bucket{le=\"+Inf\"} 4\n\
             time_seconds_sum 9.002001\n\
             time_seconds_count 4\n"
        );
    }
}
