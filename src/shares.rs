//! Shares of what organizations use together, so that one cannot take it from the others.
//! May know `domain` and tokio.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::OrganizationId;

/// A number of places, such as connections, and the most of them that one organization holds at once. A clone counts together with it.
#[derive(Clone, Debug)]
pub(crate) struct OrganizationShares {
    shares: Arc<Mutex<HashMap<OrganizationId, Arc<Semaphore>>>>,
    size: usize,
}

/// Places of an organization's share. What is known of the organization is forgotten with its last permit.
#[derive(Debug)]
pub(crate) struct SharePermit {
    shares: OrganizationShares,
    organization: OrganizationId,
    /// `None` while its caller waits.
    places: Option<OwnedSemaphorePermit>,
}

impl OrganizationShares {
    /// Shares of `size` places each.
    pub(crate) fn new(size: usize) -> Self {
        Self { shares: Arc::default(), size }
    }

    /// Waits for one of the places of `organization`; those who wait are served in their order.
    pub(crate) async fn acquire(&self, organization: OrganizationId) -> SharePermit {
        self.acquire_many(organization, 1).await
    }

    /// Waits for `places` of `organization`, which never come if that is more than its share.
    pub(crate) async fn acquire_many(&self, organization: OrganizationId, places: u32) -> SharePermit {
        let share = self.share(organization);
        // Made before the wait, so that a caller that gives up forgets the share too.
        let mut permit = SharePermit { shares: self.clone(), organization, places: None };
        // The semaphore is never closed.
        permit.places = share.acquire_many_owned(places).await.ok();
        permit
    }

    /// One of the places of `organization`, if one is free now.
    pub(crate) fn try_acquire(&self, organization: OrganizationId) -> Option<SharePermit> {
        let share = self.share(organization);
        // Made first, so that a refused caller forgets the share too.
        let mut permit = SharePermit { shares: self.clone(), organization, places: None };
        permit.places = Some(share.try_acquire_owned().ok()?);
        Some(permit)
    }

    fn share(&self, organization: OrganizationId) -> Arc<Semaphore> {
        let mut shares = self.shares();
        Arc::clone(shares.entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.size))))
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<OrganizationId, Arc<Semaphore>>> {
        // No holder of the lock can panic half-way.
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharePermit {
    /// Takes up to `wanted` more places, as far as they are free now; answers how many.
    pub(crate) fn extend(&mut self, wanted: usize) -> usize {
        let Some(places) = &mut self.places else { return 0 };
        let share = Arc::clone(places.semaphore());
        let count = share.available_permits().min(wanted);
        let more = u32::try_from(count).ok().and_then(|count| share.try_acquire_many_owned(count).ok());
        more.map_or(0, |more| {
            places.merge(more);
            count
        })
    }

    /// Gives back all places but `places`.
    pub(crate) fn shrink_to(&mut self, places: usize) {
        if let Some(taken) = &mut self.places {
            drop(taken.split(taken.num_permits().saturating_sub(places)));
        }
    }
}

impl Drop for SharePermit {
    fn drop(&mut self) {
        let mut shares = self.shares.shares();
        drop(self.places.take());
        // The map has one reference; each caller that waits has one, and each permit.
        if shares.get(&self.organization).is_some_and(|share| Arc::strong_count(share) == 1) {
            shares.remove(&self.organization);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use uuid::Uuid;

    use super::*;

    /// What `future` answers without waiting.
    pub(crate) fn now_or_never<T>(future: impl Future<Output = T>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn an_organization_waits_for_its_own_share_only_and_is_forgotten_with_its_last_permit() {
        let shares = OrganizationShares::new(2);
        let [one, other] = [1, 2].map(|number| OrganizationId::new(Uuid::from_u128(number)));
        let first = now_or_never(shares.acquire(one)).unwrap();
        let second = now_or_never(shares.acquire(one)).unwrap();
        assert!(now_or_never(shares.acquire(one)).is_none());
        drop(now_or_never(shares.acquire(other)).unwrap());
        assert_eq!(shares.shares().len(), 1);
        drop(first);
        let third = now_or_never(shares.acquire(one)).unwrap();
        assert!(now_or_never(shares.acquire(one)).is_none());
        drop((second, third));
        assert!(shares.shares().is_empty());
    }

    #[test]
    fn a_place_that_is_not_free_is_not_waited_for() {
        let shares = OrganizationShares::new(1);
        let [one, other] = [1, 2].map(|number| OrganizationId::new(Uuid::from_u128(number)));
        let first = shares.try_acquire(one).unwrap();
        assert!(shares.try_acquire(one).is_none());
        drop(shares.try_acquire(other).unwrap());
        drop(first);
        drop(shares.try_acquire(one).unwrap());
        assert!(shares.shares().is_empty());
    }

    #[test]
    fn a_permit_is_extended_by_what_is_free() {
        let shares = OrganizationShares::new(4);
        let one = OrganizationId::new(Uuid::from_u128(1));
        let mut first = now_or_never(shares.acquire(one)).unwrap();
        let mut second = now_or_never(shares.acquire(one)).unwrap();
        assert_eq!((first.extend(1), second.extend(5), first.extend(1)), (1, 1, 0));
        drop(second);
        assert_eq!(first.extend(9), 2);
        first.shrink_to(1);
        let mut three = now_or_never(shares.acquire_many(one, 3)).unwrap();
        assert!(now_or_never(shares.acquire(one)).is_none());
        three.shrink_to(9);
        assert_eq!(first.extend(1), 0);
        drop((first, three));
        assert!(shares.shares().is_empty());
    }
}
