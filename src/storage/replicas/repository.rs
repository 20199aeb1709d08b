//! The repository of replicas.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::id::ReplicaId;
use crate::domain::repository::ReplicaRepository;
use crate::storage::pool::Pool;

/// After how many lifetimes the row of a replica is deleted that ended without saying so.
const SWEPT_LIFETIMES: u32 = 10;

/// [`ReplicaRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgReplicas(Pool);

impl PgReplicas {
    /// The replicas on the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[async_trait]
impl ReplicaRepository for PgReplicas {
    #[tracing::instrument(level = "debug", name = "replicas.beat", skip_all)]
    async fn beat(&self, id: ReplicaId, lifetime: Duration) -> Result<NonZeroU32> {
        let others: i64 = self
            .0
            .run(move |connection| {
                Box::pin(async move {
                    // The parts of a statement do not see each other's changes, so that the others are counted apart.
                    Ok(sqlx::query_scalar(
                        "with swept as (
                             delete
                               from replicas
                              where seen_at < clock_timestamp() - make_interval(secs => $3)
                         ), beat as (
                             insert into replicas (id, started_at, seen_at)
                             values ($1, clock_timestamp(), clock_timestamp())
                                 on conflict (id) do update set seen_at = excluded.seen_at
                         )
                         select count(*)
                           from replicas
                          where id <> $1
                            and seen_at >= clock_timestamp() - make_interval(secs => $2)",
                    )
                    .bind(id.uuid())
                    .bind(lifetime.as_secs_f64())
                    .bind((lifetime * SWEPT_LIFETIMES).as_secs_f64())
                    .fetch_one(connection)
                    .await?)
                })
            })
            .await?;
        Ok(NonZeroU32::MIN.saturating_add(u32::try_from(others).unwrap_or(u32::MAX)))
    }

    #[tracing::instrument(level = "debug", name = "replicas.leave", skip_all)]
    async fn leave(&self, id: ReplicaId) -> Result<()> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query("delete from replicas where id = $1").bind(id.uuid()).execute(connection).await?;
                    Ok(())
                })
            })
            .await
    }
}
