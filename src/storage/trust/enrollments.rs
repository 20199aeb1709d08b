//! The repository of enrollment links.

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::decide;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::label::EnumLabel;
use crate::domain::repository::EnrollmentRepository;
use crate::domain::text::{DisplayName, Text};
use crate::domain::trust::enrollment::{
    ENROLLED_GRANT, Enrollment, Invitation, LinkTokenHash, Submission, enrolled_grant,
};
use crate::domain::trust::grant::TrustGrantStatus;
use crate::domain::{Error, Result};
use crate::storage::events::outbox::Outbox;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;
use crate::storage::profiles::lock;
use crate::storage::profiles::row::ProfileKey;

/// [`EnrollmentRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgEnrollments {
    pool: Pool,
    outbox: Outbox,
}

impl PgEnrollments {
    /// The links in the database of `pool`; the events of submissions take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }
}

#[derive(FromRow)]
struct InvitationRow {
    organization_name: String,
    profile_name: Option<String>,
    grant_status: Option<String>,
    expires_at: OffsetDateTime,
}

#[async_trait]
impl EnrollmentRepository for PgEnrollments {
    fn is_known(&self, _: LinkTokenHash) -> bool {
        false
    }

    #[tracing::instrument(level = "debug", name = "enrollments.create", skip_all, fields(organization.id = %organization))]
    async fn create(
        &self,
        organization: OrganizationId,
        enrollment: Enrollment,
        hash: LinkTokenHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>> {
        let (profile_id, now) = (Some(enrollment.profile_id), enrollment.created_at);
        self.pool
            .once(organization, profile_id, now, idempotency, move |connection| {
                Box::pin(async move {
                    lock::lock_existing(connection, (organization, enrollment.profile_id)).await?;
                    sqlx::query(
                        "insert into enrollments (organization_id, profile_id, id, token_hash, created_at, expires_at)
                         values ($1, $2, $3, $4, $5, $6)",
                    )
                    .bind(organization.uuid())
                    .bind(enrollment.profile_id.uuid())
                    .bind(enrollment.id.uuid())
                    .bind(hash.0.as_slice())
                    .bind(enrollment.created_at)
                    .bind(enrollment.expires_at)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "enrollments.open", skip_all)]
    async fn open(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Invitation>> {
        let row: Option<InvitationRow> = self
            .pool
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "select o.name as organization_name,
                                p.name as profile_name,
                                g.status as grant_status,
                                e.expires_at
                           from enrollments e
                           join organizations o on o.id = e.organization_id
                           join user_profiles p on p.organization_id = e.organization_id and p.id = e.profile_id
                           left join trust_grants g
                             on g.organization_id = e.organization_id
                            and g.profile_id = e.profile_id
                            and g.name = $3
                            and (g.expires_at is null or g.expires_at > $2)
                          where e.token_hash = $1
                            and e.expires_at > $2
                            and e.used_at is null",
                    )
                    .bind(hash.0.as_slice())
                    .bind(now)
                    .bind(ENROLLED_GRANT)
                    .fetch_optional(connection)
                    .await?)
                })
            })
            .await?;
        row.map(Invitation::try_from).transpose()
    }

    #[tracing::instrument(level = "debug", name = "enrollments.submit", skip_all)]
    async fn submit(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Submission>> {
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let Some(key) = find(&mut transaction, hash, now).await? else { return Ok(None) };
                    // The profile is locked first, as in every transaction that changes what belongs to it, which excludes deadlocks. If it
                    // was erased meanwhile, so was the link.
                    if lock::lock(&mut transaction, key).await?.is_none() {
                        return Ok(None);
                    }
                    match spend(&mut transaction, key, hash, now).await? {
                        None => return Ok(None),
                        Some(false) => return Ok(Some(Submission::Asked)),
                        Some(true) => (),
                    }
                    if !decide::request(&mut transaction, &outbox, key, &enrolled_grant(), now).await? {
                        return Ok(Some(Submission::RuledOut));
                    }
                    transaction.commit().await?;
                    Ok(Some(Submission::Asked))
                })
            })
            .await
    }
}

/// The profile of the link with this `hash`, spent or not.
async fn find(connection: &mut PgConnection, hash: LinkTokenHash, now: Timestamp) -> sqlx::Result<Option<ProfileKey>> {
    let found: Option<(Uuid, Uuid)> = sqlx::query_as(
        "select organization_id,
                profile_id
           from enrollments
          where token_hash = $1
            and expires_at > $2",
    )
    .bind(hash.0.as_slice())
    .bind(now)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(organization, profile)| (OrganizationId::new(organization), ProfileId::new(profile))))
}

/// Spends the link with this `hash`, whose profile is locked. Answers `false` if it was spent before, `None` if it was deleted.
async fn spend(
    connection: &mut PgConnection,
    key: ProfileKey,
    hash: LinkTokenHash,
    now: Timestamp,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar(
        "with spent as (
             update enrollments
                set used_at = $4
              where organization_id = $1
                and profile_id = $2
                and token_hash = $3
                and used_at is null
          returning id
         )
         select exists (select from spent)
           from enrollments
          where organization_id = $1
            and profile_id = $2
            and token_hash = $3",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(hash.0.as_slice())
    .bind(now)
    .fetch_optional(connection)
    .await
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self> {
        let broken = |_| Error::internal("enrollments: a name breaks a rule");
        Ok(Self {
            organization_name: DisplayName::parse(row.organization_name).map_err(broken)?,
            profile_name: row.profile_name.map(DisplayName::parse).transpose().map_err(broken)?,
            grant_status: row.grant_status.map(|label| status(&label)).transpose()?,
            expires_at: row.expires_at,
        })
    }
}

fn status(label: &str) -> Result<TrustGrantStatus> {
    TrustGrantStatus::from_label(label).ok_or_else(|| Error::internal("trust_grants: an unknown status"))
}
