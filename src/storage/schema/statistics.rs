//! What an operator watches in the database.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::repository::{DatabaseStatistics, StatisticsReader};
use crate::storage::pool::Pool;

/// [`StatisticsReader`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgStatistics(Pool);

impl PgStatistics {
    /// Of the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[async_trait]
impl StatisticsReader for PgStatistics {
    #[tracing::instrument(level = "debug", name = "statistics.read", skip_all)]
    async fn read(&self) -> Result<DatabaseStatistics> {
        self.0.read(|connection| Box::pin(async move { Ok(read(connection).await?) })).await
    }
}

async fn read(connection: &mut PgConnection) -> sqlx::Result<DatabaseStatistics> {
    // By the partial index of pending ones. Those of a disabled endpoint wait for nobody.
    let oldest_pending_delivery: Option<Timestamp> = sqlx::query_scalar(
        "select min(d.created_at)
           from webhook_endpoints w
          cross join lateral (
                select created_at
                  from webhook_deliveries
                 where organization_id = w.organization_id
                   and endpoint_id = w.id
                   and state = 'pending'
                offset 0
          ) d
          where w.state = 'enabled'",
    )
    .fetch_one(&mut *connection)
    .await?;
    // Ids of decisions are in the order of time.
    let oldest_pending_grant: Option<Timestamp> = sqlx::query_scalar(
        "select min(g.decided_at)
           from organizations o
          cross join lateral (
                select decided_at
                  from trust_grants
                 where organization_id = o.id
                   and status = 'pending'
                 order by decision_id
                 limit 1
          ) g",
    )
    .fetch_one(&mut *connection)
    .await?;
    let table_bytes = sqlx::query_as(
        "select relname::text,
                pg_total_relation_size(oid)
           from pg_class
          where relnamespace = 'public'::regnamespace
            and relkind = 'r'
          order by relname",
    )
    .fetch_all(connection)
    .await?;
    Ok(DatabaseStatistics { oldest_pending_delivery, oldest_pending_grant, table_bytes })
}
