//! The repository of organizations.

use async_trait::async_trait;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::changes::CredentialChange;
use super::quota_columns::{QuotaColumns, quota_column};
use super::rate_limits::{RateLimitColumns, column};
use crate::domain::credential::organization::{Organization, OrganizationPatch};
use crate::domain::id::OrganizationId;
use crate::domain::repository::OrganizationRepository;
use crate::domain::text::{DisplayName, Text};
use crate::domain::{Error, Result};
use crate::storage::pool::Pool;
use crate::storage::pool::error::not_found;

/// [`OrganizationRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgOrganizations(Pool);

impl PgOrganizations {
    /// The organizations in the database of `pool`.
    #[must_use]
    pub const fn new(pool: Pool) -> Self {
        Self(pool)
    }
}

#[derive(FromRow)]
struct OrganizationRow {
    id: Uuid,
    created_at: OffsetDateTime,
    name: String,
    default_version: String,
    #[sqlx(flatten)]
    rate_limits: RateLimitColumns,
    #[sqlx(flatten)]
    quotas: QuotaColumns,
}

#[async_trait]
impl OrganizationRepository for PgOrganizations {
    #[tracing::instrument(level = "debug", name = "organizations.create", skip_all, fields(organization.id = %organization.id))]
    async fn create(&self, organization: &Organization) -> Result<()> {
        let organization = organization.clone();
        self.0
            .run(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "insert into organizations (id, created_at, name, default_version, read_limit, write_limit, api_key_quota, open_link_quota, profile_quota)
                         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    )
                    .bind(organization.id.uuid())
                    .bind(organization.created_at)
                    .bind(organization.name.as_str())
                    .bind(organization.default_version)
                    .bind(organization.rate_limits.read.map(|limit| limit.to_string()))
                    .bind(organization.rate_limits.write.map(|limit| limit.to_string()))
                    .bind(organization.quotas.api_keys.map(i64::from))
                    .bind(organization.quotas.open_links.map(i64::from))
                    .bind(organization.quotas.profiles.map(i64::from))
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    #[tracing::instrument(level = "debug", name = "organizations.list", skip_all)]
    async fn list(&self) -> Result<Vec<Organization>> {
        let rows: Vec<OrganizationRow> = self
            .0
            .read(|connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "select id,
                                created_at,
                                name,
                                default_version,
                                read_limit,
                                write_limit,
                                api_key_quota,
                                open_link_quota,
                                profile_quota
                           from organizations
                          order by id",
                    )
                    .fetch_all(connection)
                    .await?)
                })
            })
            .await?;
        rows.into_iter().map(Organization::try_from).collect()
    }

    #[tracing::instrument(level = "debug", name = "organizations.update", skip_all, fields(organization.id = %id))]
    async fn update(&self, id: OrganizationId, patch: OrganizationPatch) -> Result<Organization> {
        let changes_credentials =
            patch.default_version.is_some() || !patch.rate_limits.is_empty() || !patch.quotas.is_empty();
        let [api_keys, open_links, profiles] =
            [patch.quotas.api_keys, patch.quotas.open_links, patch.quotas.profiles].map(quota_column);
        let ((changes_read, read), (changes_write, write)) =
            (column(patch.rate_limits.read), column(patch.rate_limits.write));
        let row: Option<OrganizationRow> = self
            .0
            .run(move |connection| {
                Box::pin(async move {
                    Ok(sqlx::query_as(
                        "update organizations
                            set name = coalesce($2, name),
                                default_version = coalesce($3, default_version),
                                read_limit = case when $4 then $5 else read_limit end,
                                write_limit = case when $6 then $7 else write_limit end,
                                api_key_quota = case when $8 then $9 else api_key_quota end,
                                open_link_quota = case when $10 then $11 else open_link_quota end,
                                profile_quota = case when $12 then $13 else profile_quota end
                          where id = $1
                      returning id,
                                created_at,
                                name,
                                default_version,
                                read_limit,
                                write_limit,
                                api_key_quota,
                                open_link_quota,
                                profile_quota",
                    )
                    .bind(id.uuid())
                    .bind(patch.name.map(Text::into_string))
                    .bind(patch.default_version)
                    .bind(changes_read)
                    .bind(read)
                    .bind(changes_write)
                    .bind(write)
                    .bind(api_keys.0)
                    .bind(api_keys.1)
                    .bind(open_links.0)
                    .bind(open_links.1)
                    .bind(profiles.0)
                    .bind(profiles.1)
                    .fetch_optional(connection)
                    .await?)
                })
            })
            .await?;
        let organization = row.ok_or_else(|| not_found("Organization"))?.try_into()?;
        if changes_credentials {
            CredentialChange::Organization(id).publish(&self.0).await;
        }
        Ok(organization)
    }
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = Error;

    fn try_from(row: OrganizationRow) -> Result<Self> {
        let id = OrganizationId::new(row.id);
        let broken = |column: &str| Error::internal(format!("organizations {id}: {column} breaks a rule"));
        Ok(Self {
            id,
            created_at: row.created_at,
            name: DisplayName::parse(row.name).map_err(|_| broken("name"))?,
            default_version: row.default_version,
            rate_limits: row.rate_limits.parse().ok_or_else(|| broken("read_limit or write_limit"))?,
            quotas: row.quotas.into(),
        })
    }
}
