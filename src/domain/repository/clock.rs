//! The port of the database's clock.

use async_trait::async_trait;

use crate::domain::clock::ClockComparison;
use crate::domain::error::Result;

/// The database's clock, with which a service compares its own. Called at the start and by a background job.
#[async_trait]
pub trait DatabaseClock: Send + Sync {
    /// Compares this machine's clock with the database's.
    ///
    /// # Errors
    /// None of its own.
    async fn compare(&self) -> Result<ClockComparison>;
}
