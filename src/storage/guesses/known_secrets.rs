//! Which secrets exist, as far as this process knows.

use std::collections::HashSet;

/// The most known secrets; they take about 20 MB.
pub(super) const CAPACITY: usize = 1_000_000;

/// The first 64 bits of the hashes of secrets. A guess that agrees with one of them is not limited, and still has to be right.
#[derive(Debug, Default)]
pub(super) struct KnownSecrets(HashSet<[u8; 8]>);

impl KnownSecrets {
    pub(super) fn contains(&self, hash: &[u8; 32]) -> bool {
        self.0.contains(&prefix(hash))
    }

    /// Adds a secret; forgets another one if there are too many.
    pub(super) fn add(&mut self, hash: &[u8; 32]) {
        if self.0.len() >= CAPACITY
            && let Some(other) = self.0.iter().next().copied()
        {
            self.0.remove(&other);
        }
        self.0.insert(prefix(hash));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn remove(&mut self, hash: &[u8; 32]) {
        self.0.remove(&prefix(hash));
    }
}

fn prefix(hash: &[u8; 32]) -> [u8; 8] {
    std::array::from_fn(|place| hash[place])
}
