//! The expiry sweep, in small transactions that skip profiles locked by others.

use std::collections::HashSet;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};
use uuid::Uuid;

use super::{decide, enforcement_actions};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EnforcementActionId, OrganizationId, ProfileId};
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::domain::repository::ExpiryRepository;
use crate::domain::text::Text;
use crate::domain::trust::grant::GrantName;
use crate::domain::{Error, Result};
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::erase::purge_erased;
use crate::storage::profiles::row::{ProfileKey, key_columns};

/// The most rows that one call changes.
const BATCH: i64 = 100;

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

    /// Runs `statement`, whose parameters are a moment and the most rows that it may change; answers how many it changed.
    async fn handle(&self, statement: &'static str, moment: Timestamp) -> Result<usize> {
        let handled = self
            .pool
            .run(move |connection| {
                Box::pin(async move {
                    let handled = sqlx::query(statement).bind(moment).bind(BATCH).execute(connection).await?;
                    Ok(handled.rows_affected())
                })
            })
            .await?;
        Ok(usize::try_from(handled).unwrap_or(usize::MAX))
    }
}

#[derive(FromRow)]
struct ExpiredGrantRow {
    organization_id: Uuid,
    profile_id: Uuid,
    name: String,
}

#[derive(FromRow)]
struct ExpiredActionRow {
    organization_id: Uuid,
    profile_id: Uuid,
    id: Uuid,
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
                    let expired: Vec<ExpiredGrantRow> = sqlx::query_as(
                        "select organization_id,
                                profile_id,
                                name
                           from trust_grants
                          where expires_at <= $1
                          order by expires_at
                          limit $2",
                    )
                    .bind(now)
                    .bind(BATCH)
                    .fetch_all(&mut *transaction)
                    .await?;
                    let keys = expired.iter().map(|row| key(row.organization_id, row.profile_id)).collect();
                    let locked = lock_free(&mut transaction, &keys).await?;
                    let mut count = 0;
                    for row in expired {
                        let key = key(row.organization_id, row.profile_id);
                        if locked.contains(&key) {
                            let broken = |_| Error::internal("trust_grants: a name breaks a rule");
                            let name = GrantName::parse(row.name).map_err(broken)?;
                            let withdrawn = decide::expire(&mut transaction, &outbox, key, &name, now).await?;
                            count += usize::from(withdrawn);
                        }
                    }
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
                    let expired: Vec<ExpiredActionRow> = sqlx::query_as(
                        "select organization_id,
                                profile_id,
                                id
                           from enforcement_actions
                          where resolved_at is null
                            and expires_at <= $1
                          order by expires_at
                          limit $2",
                    )
                    .bind(now)
                    .bind(BATCH)
                    .fetch_all(&mut *transaction)
                    .await?;
                    let keys = expired.iter().map(|row| key(row.organization_id, row.profile_id)).collect();
                    let locked = lock_free(&mut transaction, &keys).await?;
                    let mut count = 0;
                    for row in expired {
                        let key = key(row.organization_id, row.profile_id);
                        if locked.contains(&key) {
                            let id = EnforcementActionId::new(row.id);
                            let resolved = enforcement_actions::expire(&mut transaction, &outbox, key, id, now).await?;
                            count += usize::from(resolved);
                        }
                    }
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
        self.handle(
            "delete from enrollments
              where (organization_id, profile_id, id) in (
                    select organization_id,
                           profile_id,
                           id
                      from enrollments
                     where expires_at <= $1
                       and used_at is null
                     order by expires_at
                     limit $2
                       for update skip locked
              )",
            now,
        )
        .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_secrets", skip_all)]
    async fn delete_expired_secrets(&self, now: Timestamp) -> Result<usize> {
        self.handle(
            "update webhook_endpoints
                set previous_secret = null,
                    previous_secret_until = null
              where (organization_id, id) in (
                    select organization_id,
                           id
                      from webhook_endpoints
                     where previous_secret_until <= $1
                     limit $2
                       for update skip locked
              )",
            now,
        )
        .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_answers", skip_all)]
    async fn delete_expired_answers(&self, now: Timestamp) -> Result<usize> {
        self.handle(
            "delete from idempotency_keys
              where (organization_id, key) in (
                    select organization_id,
                           key
                      from idempotency_keys
                     where created_at <= $1
                     order by created_at
                     limit $2
                       for update skip locked
              )",
            now - IDEMPOTENCY_RETENTION,
        )
        .await
    }
}

fn key(organization: Uuid, profile: Uuid) -> ProfileKey {
    (OrganizationId::new(organization), ProfileId::new(profile))
}

/// Locks those of the profiles with `keys` that are not locked, and answers which. It never waits, so it cannot deadlock.
async fn lock_free(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> sqlx::Result<HashSet<ProfileKey>> {
    let (organizations, ids) = key_columns(keys);
    let locked: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select p.*
           from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select u.organization_id,
                       u.id
                  from user_profiles u
                 where u.organization_id = wanted.organization_id
                   and u.id = wanted.id
                   for update skip locked
          ) p",
    )
    .bind(organizations)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().map(|(organization, id)| key(organization, id)).collect())
}
