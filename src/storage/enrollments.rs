//! Enrollment links.

use async_trait::async_trait;
use sqlx::FromRow;
use time::OffsetDateTime;

use super::pool::Pool;
use crate::domain::clock::Timestamp;
use crate::domain::enrollment::{Enrollment, Invitation, LinkTokenHash};
use crate::domain::id::OrganizationId;
use crate::domain::repository::EnrollmentRepository;
use crate::domain::text::{DisplayName, Text};
use crate::domain::{Error, Result};

/// [`EnrollmentRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgEnrollments(Pool);

impl PgEnrollments {
    /// The links behind `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[derive(FromRow)]
struct InvitationRow {
    organization_name: String,
    profile_name: Option<String>,
    expires_at: OffsetDateTime,
}

#[async_trait]
impl EnrollmentRepository for PgEnrollments {
    async fn create(&self, organization: OrganizationId, enrollment: Enrollment, hash: LinkTokenHash) -> Result<()> {
        self.0
            .run(move |connection| {
                Box::pin(async move {
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

    async fn open(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Invitation>> {
        let row: Option<InvitationRow> = self
            .0
            .read(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "select o.name as organization_name,
                                p.name as profile_name,
                                e.expires_at
                           from enrollments e
                           join organizations o on o.id = e.organization_id
                           join user_profiles p on p.organization_id = e.organization_id and p.id = e.profile_id
                          where e.token_hash = $1
                            and e.expires_at > $2",
                    )
                    .bind(hash.0.as_slice())
                    .bind(now)
                    .fetch_optional(connection)
                    .await?)
                })
            })
            .await?;
        row.map(Invitation::try_from).transpose()
    }
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self> {
        let broken = |_| Error::internal("enrollments: a name breaks a rule");
        Ok(Self {
            organization_name: DisplayName::parse(row.organization_name).map_err(broken)?,
            profile_name: row.profile_name.map(DisplayName::parse).transpose().map_err(broken)?,
            expires_at: row.expires_at,
        })
    }
}
