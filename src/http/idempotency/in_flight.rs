//! The idempotency keys of requests in flight in this process.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::OrganizationId;
use crate::domain::idempotency::IdempotencyKey;

type FullKey = (OrganizationId, IdempotencyKey);

/// The keys of requests in flight. A second process is serialized by the database instead.
#[derive(Debug, Default)]
pub(in crate::http) struct InFlightKeys(Mutex<HashSet<FullKey>>);

impl InFlightKeys {
    /// Whether `key` was not in flight; it is from now on.
    pub(super) fn insert(&self, key: FullKey) -> bool {
        self.keys().insert(key)
    }

    pub(super) fn remove(&self, key: &FullKey) {
        self.keys().remove(key);
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<FullKey>> {
        // A set is consistent whenever its lock is released, also by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
