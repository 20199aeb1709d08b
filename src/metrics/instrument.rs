//! What counts.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::exposition::Exposition;

/// A number that only grows. Clones are the same number.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// One more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// `count` more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that is read from its source at each scrape. Clones are the same number.
#[derive(Clone, Default)]
pub struct Gauge(Arc<OnceLock<Box<dyn Fn() -> u64 + Send + Sync>>>);

impl Gauge {
    /// Sets the source. Without one the gauge is 0; later calls change nothing.
    pub fn read(&self, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.0.get_or_init(|| Box::new(read));
    }

    pub(super) fn get(&self) -> u64 {
        self.0.get().map_or(0, |read| read())
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Gauge({})", self.get())
    }
}

/// The ranges of a histogram, and its unit.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The upper bounds of the ranges, each the last that belongs to it, in what is observed; beyond, there is one more.
    bounds: &'static [u64],
    /// How many of what is observed are one of what is written.
    per_unit: u32,
}

impl Scale {
    /// From a quarter of a millisecond to ten seconds.
    pub const TIMES: Self = Self::microseconds(&[
        250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
        5_000_000, 10_000_000,
    ]);

    /// From one to 1,024.
    pub const SIZES: Self = Self { bounds: &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024], per_unit: 1 };

    /// Times up to these bounds; written in seconds, as is the custom.
    #[must_use]
    pub const fn microseconds(bounds: &'static [u64]) -> Self {
        Self { bounds, per_unit: 1_000_000 }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum that is off by less than the 52nd part of a bit is read all the same"
    )]
    fn written(self, observed: u64) -> f64 {
        observed as f64 / f64::from(self.per_unit)
    }
}

/// How often values lay in which range, and their sum. Clones are the same histogram.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Observed>);

#[derive(Debug)]
struct Observed {
    scale: Scale,
    /// One for each range, and one for what lies beyond.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    pub(super) fn new(scale: Scale) -> Self {
        let counts = (0..=scale.bounds.len()).map(|_| AtomicU64::default()).collect();
        Self(Arc::new(Observed { scale, counts, sum: AtomicU64::default() }))
    }

    /// Notes `value`.
    pub fn observe(&self, value: u64) {
        let Observed { scale, counts, sum } = &*self.0;
        let range = scale.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = counts.get(range) {
            count.fetch_add(1, Ordering::Relaxed);
            sum.fetch_add(value, Ordering::Relaxed);
        }
    }

    /// Notes a time, to the microsecond.
    pub fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn write(&self, series: &[(&str, &str)], text: &mut Exposition) {
        let Observed { scale, counts, sum } = &*self.0;
        let mut so_far = 0;
        for (range, count) in counts.iter().enumerate() {
            so_far += count.load(Ordering::Relaxed);
            let bound = scale.bounds.get(range).map(|bound| scale.written(*bound).to_string());
            let bucket = [series, &[("le", bound.as_deref().unwrap_or("+Inf"))]].concat();
            text.part("_bucket", &bucket, &so_far);
        }
        text.part("_sum", series, &scale.written(sum.load(Ordering::Relaxed)));
        text.part("_count", series, &so_far);
    }
}
