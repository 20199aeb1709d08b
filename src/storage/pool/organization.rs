//! Connections for the requests of one organization, of which it holds a share at most: a flood of its lists, or of changes that wait for a
//! lock, must not take all connections from the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connections::{ConnectionFuture, Pool};
use super::error::unavailable;
use crate::domain::Result;
use crate::domain::id::OrganizationId;

/// The connections that each organization holds.
#[derive(Clone, Debug)]
pub(super) struct OrganizationShares {
    shares: Arc<Mutex<HashMap<OrganizationId, Arc<Semaphore>>>>,
    share: usize,
    max_wait: Duration,
}

/// The pool as the requests of one organization use it.
#[derive(Debug)]
pub(in crate::storage) struct OrganizationPool<'p> {
    pool: &'p Pool,
    organization: OrganizationId,
}

/// A connection's worth of an organization's share. The share is forgotten with its last permit.
pub(in crate::storage) struct SharePermit<'s> {
    shares: &'s OrganizationShares,
    organization: OrganizationId,
    permit: Option<OwnedSemaphorePermit>,
}

impl Pool {
    /// The pool for requests of `organization`.
    pub(in crate::storage) const fn of(&self, organization: OrganizationId) -> OrganizationPool<'_> {
        OrganizationPool { pool: self, organization }
    }

    /// Waits until `organization` holds less than its share, and counts as one connection until the permit is dropped.
    ///
    /// # Errors
    /// `Unavailable` if that took longer than requests wait for a connection.
    pub(in crate::storage) async fn share(&self, organization: OrganizationId) -> Result<SharePermit<'_>> {
        self.shares().acquire(organization).await
    }
}

impl OrganizationPool<'_> {
    /// As [`Pool::run`], within the organization's share.
    ///
    /// # Errors
    /// Those of [`Pool::run`]; `Unavailable` if the share was in use for longer than requests wait for a connection.
    pub(in crate::storage) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send,
    {
        let _share = self.pool.share(self.organization).await?;
        self.pool.run(work).await
    }

    /// As [`Pool::read`], within the organization's share.
    ///
    /// # Errors
    /// Those of [`OrganizationPool::run`].
    pub(in crate::storage) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Clone + Send,
    {
        let _share = self.pool.share(self.organization).await?;
        self.pool.read(work).await
    }
}

impl OrganizationShares {
    /// Shares of `share` connections, for which requests wait up to `max_wait`.
    pub(super) fn new(share: usize, max_wait: Duration) -> Self {
        Self { shares: Arc::default(), share, max_wait }
    }

    async fn acquire(&self, organization: OrganizationId) -> Result<SharePermit<'_>> {
        let share =
            Arc::clone(self.shares().entry(organization).or_insert_with(|| Arc::new(Semaphore::new(self.share))));
        // Made before the wait, so that a caller that gives up forgets the share too.
        let mut permit = SharePermit { shares: self, organization, permit: None };
        let acquired = tokio::time::timeout(self.max_wait, share.acquire_owned()).await;
        permit.permit = acquired.map_err(|elapsed| unavailable().caused_by(elapsed))?.ok();
        Ok(permit)
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<OrganizationId, Arc<Semaphore>>> {
        // No holder of the lock can panic half-way.
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharePermit<'_> {
    fn drop(&mut self) {
        let mut shares = self.shares.shares();
        drop(self.permit.take());
        // The map has one reference; each caller that waits has one, and each permit.
        if shares.get(&self.organization).is_some_and(|share| Arc::strong_count(share) == 1) {
            shares.remove(&self.organization);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn an_organization_waits_for_its_own_share_only_and_leaves_nothing_behind() {
        let shares = OrganizationShares::new(2, Duration::from_millis(20));
        let [one, other] = [1, 2].map(|number| OrganizationId::new(Uuid::from_u128(number)));
        let held = [shares.acquire(one).await.unwrap(), shares.acquire(one).await.unwrap()];
        assert!(shares.acquire(one).await.is_err());
        drop(shares.acquire(other).await.unwrap());
        assert_eq!(shares.shares().len(), 1);
        let [first, second] = held;
        drop(first);
        let third = shares.acquire(one).await.unwrap();
        assert!(shares.acquire(one).await.is_err());
        drop((second, third));
        assert!(shares.shares().is_empty());
    }
}
