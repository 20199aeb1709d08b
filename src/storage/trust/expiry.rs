//! What ends by itself, written down: in small transactions, each of which skips the profiles that somebody else is at.

use std::collections::HashSet;

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Result as SqlResult};
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
use crate::storage::pool::connections::Pool;
use crate::storage::profiles::row::{ProfileKey, key_columns};

/// How much one call does at the most.
const BATCH: i64 = 100;

/// [`ExpiryRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgExpiry {
    pool: Pool,
    outbox: Outbox,
}

impl PgExpiry {
    /// What ends behind `pool`, and is told to `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

#[async_trait]
impl ExpiryRepository for PgExpiry {
    #[tracing::instrument(level = "debug", name = "expiry.expire_grants", skip_all)]
    async fn expire_grants(&self, now: Timestamp) -> Result<usize> {
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    let ended: Vec<(Uuid, Uuid, String)> = sqlx::query_as(
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
                    let keys = ended.iter().map(|(organization, profile, _)| key(*organization, *profile)).collect();
                    let held = lock(&mut transaction, &keys).await?;
                    let mut count = 0;
                    for (organization, profile, name) in ended {
                        let key = key(organization, profile);
                        if held.contains(&key) {
                            let broken = |_| Error::internal("trust_grants: a name breaks a rule");
                            let name = GrantName::parse(name).map_err(broken)?;
                            let expired = decide::expire(&mut transaction, &outbox, key, &name, now).await?;
                            count += usize::from(expired);
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
                    let mut transaction = connection.begin().await?;
                    let ended: Vec<(Uuid, Uuid, Uuid)> = sqlx::query_as(
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
                    let keys = ended.iter().map(|(organization, profile, _)| key(*organization, *profile)).collect();
                    let held = lock(&mut transaction, &keys).await?;
                    let mut count = 0;
                    for (organization, profile, id) in ended {
                        let key = key(organization, profile);
                        if held.contains(&key) {
                            let id = EnforcementActionId::new(id);
                            let expired = enforcement_actions::expire(&mut transaction, &outbox, key, id, now).await?;
                            count += usize::from(expired);
                        }
                    }
                    transaction.commit().await?;
                    Ok(count)
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_links", skip_all)]
    async fn delete_expired_links(&self, now: Timestamp) -> Result<usize> {
        let deleted = self
            .pool
            .run(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query(
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
                    )
                    .bind(now)
                    .bind(BATCH)
                    .execute(connection)
                    .await?;
                    Ok(deleted.rows_affected())
                })
            })
            .await?;
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }

    #[tracing::instrument(level = "debug", name = "expiry.delete_expired_answers", skip_all)]
    async fn delete_expired_answers(&self, now: Timestamp) -> Result<usize> {
        let deleted = self
            .pool
            .run(move |connection| {
                Box::pin(async move {
                    let deleted = sqlx::query(
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
                    )
                    .bind(now - IDEMPOTENCY_RETENTION)
                    .bind(BATCH)
                    .execute(connection)
                    .await?;
                    Ok(deleted.rows_affected())
                })
            })
            .await?;
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }
}

fn key(organization: Uuid, profile: Uuid) -> ProfileKey {
    (OrganizationId::new(organization), ProfileId::new(profile))
}

/// Locks those rows of `keys` that nobody else has locked, and answers which. It waits for nobody, so nobody waits in a circle.
async fn lock(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> SqlResult<HashSet<ProfileKey>> {
    let (organizations, ids) = key_columns(keys);
    let locked: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select locked.*
           from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select p.organization_id,
                       p.id
                  from user_profiles p
                 where p.organization_id = wanted.organization_id
                   and p.id = wanted.id
                   for update skip locked
          ) locked",
    )
    .bind(organizations)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().map(|(organization, id)| key(organization, id)).collect())
}
