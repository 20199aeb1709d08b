//! The port of the replicas: which service processes run.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::error::Result;
use crate::domain::id::ReplicaId;

/// The service processes that run on one database. Called at the start, by a background job, and at the end.
#[async_trait]
pub trait ReplicaRepository: Send + Sync {
    /// Records that the replica `id` runs, and answers how many do: it, and the others that were seen within `lifetime` by the database's
    /// clock. Deletes those that were not seen for much longer.
    ///
    /// # Errors
    /// None of its own.
    async fn beat(&self, id: ReplicaId, lifetime: Duration) -> Result<NonZeroU32>;

    /// The replica `id` ends.
    ///
    /// # Errors
    /// None of its own.
    async fn leave(&self, id: ReplicaId) -> Result<()>;
}
