//! The port of what an operator watches in the database.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;

/// What an operator watches in the database, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseStatistics {
    /// When the oldest webhook delivery that is pending, to an enabled endpoint, was queued; `None` if none is.
    pub oldest_pending_delivery: Option<Timestamp>,
    /// When the oldest trust grant that is pending became so; `None` if none is.
    pub oldest_pending_grant: Option<Timestamp>,
    /// The bytes of each table, with its indexes, by name.
    pub table_bytes: Vec<(String, i64)>,
}

/// Reads [`DatabaseStatistics`]. Called by a background job.
#[async_trait]
pub trait StatisticsReader: Send + Sync {
    /// Reads them, of all organizations.
    ///
    /// # Errors
    /// None of its own.
    async fn read(&self) -> Result<DatabaseStatistics>;
}
