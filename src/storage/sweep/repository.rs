//! The repository of the sweep: each part is one transaction.

use async_trait::async_trait;
use sqlx::Connection;

use super::{actions, answers, grants, links, secrets};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::repository::ExpiryRepository;
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::erase::purge_erased;

/// [`ExpiryRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgExpiry {
    pool: Pool,
    outbox: Outbox,
}

impl PgExpiry {
    /// The sweep of the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

/// The number of rows.
fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

#[async_trait]
impl ExpiryRepository for PgExpiry {
    #[tracing::instrument(level = "debug", name = "expiry.expire_grants", skip_all)]
    async fn expire_grants(&self, now: Timestamp) -> Result<usize> {
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let count = grants::expire(&mut transaction, &outbox, now).await?;
                    transaction.commit().await?;
                    Ok(count)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.expire_actions", skip_all)]
    async fn expire_actions(&self, now: Timestamp) -> Result<usize> {
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let count = actions::expire(&mut transaction, &outbox, now).await?;
                    transaction.commit().await?;
                    Ok(count)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.purge_erased", skip_all)]
    async fn purge_erased(&self) -> Result<usize> {
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let purged = purge_erased(&mut transaction).await?;
                    transaction.commit().await?;
                    Ok(usize::from(purged))
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_links", skip_all)]
    async fn delete_expired_links(&self, now: Timestamp) -> Result<usize> {
        self.pool
            .run(move |connection| Box::pin(async move { Ok(count(links::delete_expired(connection, now).await?)) }))
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_secrets", skip_all)]
    async fn delete_expired_secrets(&self, now: Timestamp) -> Result<usize> {
        self.pool
            .run(move |connection| Box::pin(async move { Ok(count(secrets::delete_expired(connection, now).await?)) }))
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_answers", skip_all)]
    async fn delete_expired_answers(&self, now: Timestamp) -> Result<usize> {
        self.pool
            .run(move |connection| Box::pin(async move { Ok(count(answers::delete_expired(connection, now).await?)) }))
            .await
    }
}
