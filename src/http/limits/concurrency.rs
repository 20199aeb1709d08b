//! How many requests of one organization are served at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::id::OrganizationId;

/// The parts of the map, each with a lock of its own, so that worker threads seldom wait for each other.
const PARTS: usize = 16;

/// Counts the requests of each organization that are being served.
pub(in crate::http) struct ConcurrencyLimit {
    parts: [Mutex<HashMap<OrganizationId, usize>>; PARTS],
    max: usize,
}

/// A request that is being served, until this is dropped.
pub(in crate::http) struct RequestSlot<'l> {
    limit: &'l ConcurrencyLimit,
    organization: OrganizationId,
}

impl ConcurrencyLimit {
    /// At most `max` requests at once.
    pub(in crate::http) fn new(max: usize) -> Self {
        Self { parts: std::array::from_fn(|_| Mutex::default()), max }
    }

    /// Counts a request of `organization`; `None` if as many as possible are being served. Nothing waits.
    pub(in crate::http) fn enter(&self, organization: OrganizationId) -> Option<RequestSlot<'_>> {
        let mut served = self.part(organization);
        let number = served.entry(organization).or_default();
        if *number >= self.max {
            return None;
        }
        *number += 1;
        Some(RequestSlot { limit: self, organization })
    }

    fn part(&self, organization: OrganizationId) -> MutexGuard<'_, HashMap<OrganizationId, usize>> {
        // The last byte of an id is random. No holder of the lock can panic half-way.
        let part = usize::from(organization.uuid().as_bytes()[15]) % PARTS;
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RequestSlot<'_> {
    fn drop(&mut self) {
        let mut served = self.limit.part(self.organization);
        if let Entry::Occupied(mut number) = served.entry(self.organization) {
            *number.get_mut() -= 1;
            // Nothing is known of an organization that no request is served of.
            if *number.get() == 0 {
                number.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_organization_has_its_own_slots_and_is_forgotten_with_the_last() {
        let limit = ConcurrencyLimit::new(2);
        let [one, other] = [1, 17].map(|number| OrganizationId::new(Uuid::from_u128(number)));
        let first = limit.enter(one);
        let second = limit.enter(one);
        assert!(first.is_some() && second.is_some() && limit.enter(one).is_none());
        assert!(limit.enter(other).is_some());
        drop(first);
        assert!(limit.enter(one).is_some());
        drop(second);
        assert!(limit.parts.iter().all(|part| part.lock().unwrap().is_empty()));
    }
}
