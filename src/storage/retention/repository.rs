//! The repository of the retention: each method is one transaction.

use async_trait::async_trait;

use super::{deliveries, events};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::repository::RetentionRepository;
use crate::storage::pool::Pool;

/// [`RetentionRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgRetention(Pool);

impl PgRetention {
    /// The retention of the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

/// The number of rows.
fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

#[async_trait]
impl RetentionRepository for PgRetention {
    #[tracing::instrument(level = "debug", name = "retention.delete_events", skip_all)]
    async fn delete_events(&self, before: Timestamp) -> Result<usize> {
        self.0
            .run(move |connection| Box::pin(async move { Ok(count(events::delete(connection, before).await?)) }))
            .await
    }

    #[tracing::instrument(level = "debug", name = "retention.delete_deliveries", skip_all)]
    async fn delete_deliveries(&self, before: Timestamp) -> Result<usize> {
        self.0
            .run(move |connection| Box::pin(async move { Ok(count(deliveries::delete(connection, before).await?)) }))
            .await
    }
}
