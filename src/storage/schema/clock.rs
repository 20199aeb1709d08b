//! The database's clock.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::clock::{Clock, ClockComparison, Timestamp};
use crate::domain::repository::DatabaseClock;
use crate::storage::pool::Pool;

/// How often a comparison reads the clock: the quickest answer says most, and the first one is slow, since it opens a connection.
const READINGS: usize = 3;

/// [`DatabaseClock`] on Postgres.
#[derive(Clone)]
pub struct PgClock {
    pool: Pool,
    clock: Arc<dyn Clock>,
}

impl PgClock {
    /// The clock of the database of `pool`, compared with `clock`.
    #[must_use]
    pub fn new(pool: Pool, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock }
    }

    async fn read(&self) -> Result<ClockComparison> {
        let clock = Arc::clone(&self.clock);
        self.pool
            .read(move |connection| {
                Box::pin(async move {
                    let before = clock.now();
                    let database: Timestamp =
                        sqlx::query_scalar("select clock_timestamp()").fetch_one(connection).await?;
                    Ok(ClockComparison { before, database, after: clock.now() })
                })
            })
            .await
    }
}

#[async_trait]
impl DatabaseClock for PgClock {
    #[tracing::instrument(level = "debug", name = "clock.compare", skip_all)]
    async fn compare(&self) -> Result<ClockComparison> {
        let mut best = self.read().await?;
        for _ in 1..READINGS {
            let comparison = self.read().await?;
            if comparison.round_trip() < best.round_trip() {
                best = comparison;
            }
        }
        Ok(best)
    }
}
