//! The series of one metric, told apart by labels.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

type Series<M, const N: usize> = RwLock<BTreeMap<[&'static str; N], M>>;

/// One `M` for each combination of `N` labels' values. Clones are the same family.
#[derive(Clone)]
pub struct Family<M, const N: usize> {
    labels: [&'static str; N],
    make: Arc<dyn Fn() -> M + Send + Sync>,
    series: Arc<Series<M, N>>,
}

impl<M: Clone, const N: usize> Family<M, N> {
    pub(super) fn new(labels: [&'static str; N], make: impl Fn() -> M + Send + Sync + 'static) -> Self {
        Self { labels, make: Arc::new(make), series: Arc::default() }
    }

    /// The one with these values, which come from closed sets: made when it is first asked for, and there from then on.
    #[must_use]
    pub fn with(&self, values: [&'static str; N]) -> M {
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&values).cloned();
        known.unwrap_or_else(|| {
            let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
            series.entry(values).or_insert_with(|| (self.make)()).clone()
        })
    }

    /// Shows all of them to `look`, with their labels.
    pub(super) fn each(&self, mut look: impl FnMut(&[(&str, &str)], &M)) {
        for (values, metric) in &*self.series.read().unwrap_or_else(PoisonError::into_inner) {
            let pairs: Vec<_> = self.labels.into_iter().zip(values.iter().copied()).collect();
            look(&pairs, metric);
        }
    }
}
