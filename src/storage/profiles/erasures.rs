//! The erasures of an organization, listed, and replayed on a restored database.

use async_trait::async_trait;
use sqlx::{Connection, FromRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::erase::erase;
use super::lock::lock;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::profile::erased::{ErasedProfile, ErasureReplay};
use crate::domain::repository::ErasureRepository;
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;

/// The most profiles of a page.
const PAGE: i64 = 1_000;

/// [`ErasureRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgErasures {
    pool: Pool,
    outbox: Outbox,
}

impl PgErasures {
    /// The erasures in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

#[derive(FromRow)]
struct ErasedRow {
    id: Uuid,
    created_at: OffsetDateTime,
    erased_at: OffsetDateTime,
}

#[async_trait]
impl ErasureRepository for PgErasures {
    #[tracing::instrument(level = "debug", name = "erasures.list", skip_all, fields(organization.id = %organization))]
    async fn list_erased(
        &self,
        organization: OrganizationId,
        since: Timestamp,
        after: Option<ProfileId>,
    ) -> Result<Vec<ErasedProfile>> {
        let rows: Vec<ErasedRow> = self
            .pool
            .of(organization)
            .read(move |connection| {
                Box::pin(async move {
                    let rows = sqlx::query_as(
                        "select id,
                                created_at,
                                erased_at
                           from erased_user_profiles
                          where organization_id = $1
                            and id > $2
                            and erased_at >= $3
                          order by id
                          limit $4",
                    )
                    .bind(organization.uuid())
                    .bind(after.map_or_else(Uuid::nil, ProfileId::uuid))
                    .bind(since)
                    .bind(PAGE)
                    .fetch_all(connection)
                    .await?;
                    Ok(rows)
                })
            })
            .await?;
        let erased = |row: ErasedRow| ErasedProfile {
            id: ProfileId::new(row.id),
            created_at: row.created_at,
            erased_at: row.erased_at,
        };
        Ok(rows.into_iter().map(erased).collect())
    }

    #[tracing::instrument(level = "debug", name = "erasures.replay", skip_all, fields(organization.id = %organization))]
    async fn replay_erasure(
        &self,
        organization: OrganizationId,
        erased: ErasedProfile,
        now: Timestamp,
    ) -> Result<ErasureReplay> {
        let event = self.outbox.event(erased.id, EventDetails::Erased, now);
        self.pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let key = (organization, erased.id);
                    if lock(&mut transaction, key).await?.is_none() {
                        let replay = record(&mut transaction, organization, erased, now).await?;
                        transaction.commit().await?;
                        return Ok(replay);
                    }
                    // A statement of its own: it has to see what was committed while the lock was awaited.
                    erase(&mut transaction, key, event).await?;
                    transaction.commit().await?;
                    Ok(ErasureReplay::Erased)
                })
            })
            .await
    }
}

/// Records an erasure of which no profile is here, unless it is recorded already. The time is that of the record: an operator who asks a restored
/// database for its erasures since a backup must get this one too.
async fn record(
    connection: &mut sqlx::PgConnection,
    organization: OrganizationId,
    erased: ErasedProfile,
    now: Timestamp,
) -> sqlx::Result<ErasureReplay> {
    let (has_organization, is_recorded): (bool, bool) = sqlx::query_as(
        "with recorded as (
             insert into erased_user_profiles (organization_id, id, created_at, erased_at)
             select id,
                    $2,
                    $3,
                    $4
               from organizations
              where id = $1
                 on conflict (organization_id, id) do nothing
          returning 1
         )
         select exists (select from organizations where id = $1),
                exists (select from recorded)",
    )
    .bind(organization.uuid())
    .bind(erased.id.uuid())
    .bind(erased.created_at)
    .bind(now)
    .fetch_one(connection)
    .await?;
    Ok(match (has_organization, is_recorded) {
        (false, _) => ErasureReplay::UnknownOrganization,
        (true, true) => ErasureReplay::Unknown,
        (true, false) => ErasureReplay::Recorded,
    })
}
