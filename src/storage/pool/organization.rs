//! Connections for the requests of one organization, of which it holds a share at most: a flood of its lists, or of changes that wait for a
//! lock, must not take all connections from the others.

use sqlx::postgres::PgConnection;

use super::connections::{ConnectionFuture, Pool};
use super::error::unavailable;
use crate::domain::Result;
use crate::domain::id::OrganizationId;
use crate::shares::SharePermit;

/// The pool as the requests of one organization use it.
#[derive(Debug)]
pub(in crate::storage) struct OrganizationPool<'p> {
    pool: &'p Pool,
    organization: OrganizationId,
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
    pub(in crate::storage) async fn share(&self, organization: OrganizationId) -> Result<SharePermit> {
        if let Some(share) = self.shares.try_acquire(organization) {
            return Ok(share);
        }
        let _wait = self.metrics.share.wait();
        let acquired = tokio::time::timeout(self.max_share_wait, self.shares.acquire(organization)).await;
        acquired.map_err(|elapsed| unavailable().caused_by(elapsed))
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
