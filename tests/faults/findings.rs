//! What the campaign counts, and what it finds wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many broken promises are printed.
const SHOWN: usize = 40;

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broken {
    /// What was acknowledged is not there.
    Lost,
    /// Something is there twice.
    Doubled,
    /// An answer contradicts what must be there.
    Wrong,
}

/// Shared by all threads of a campaign.
#[derive(Default)]
pub(crate) struct Findings {
    operations: AtomicU64,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    broken: Mutex<Vec<(Broken, String)>>,
}

impl Findings {
    /// Counts an operation whose answer was compared with what must be there.
    pub(crate) fn checked(&self) {
        self.operations.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Counts `what`: a fault, or a kind of answer.
    pub(crate) fn count(&self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: &'static str, number: u64) {
        *self.counts.lock().unwrap().entry(what).or_default() += number;
    }

    pub(crate) fn counted(&self, what: &str) -> u64 {
        self.counts.lock().unwrap().get(what).copied().unwrap_or_default()
    }

    /// A promise was broken.
    pub(crate) fn broken(&self, how: Broken, what: String) {
        let mut broken = self.broken.lock().unwrap();
        if broken.len() < SHOWN {
            eprintln!("{how:?}: {what}");
        }
        broken.push((how, what));
    }

    pub(crate) fn all_broken(&self) -> Vec<(Broken, String)> {
        self.broken.lock().unwrap().clone()
    }
}
