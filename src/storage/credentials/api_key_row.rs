//! The rows of API keys.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use super::quota_columns::QuotaColumns;
use super::rate_limits::RateLimitColumns;
use crate::domain::credential::api_key::{ApiKey, Credential, Scope};
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::label::EnumLabel;
use crate::domain::text::{Text, WorkspaceId};
use crate::domain::{Error, Result};

#[derive(FromRow)]
pub(super) struct ApiKeyRow {
    organization_id: Uuid,
    id: Uuid,
    last_four: String,
    scopes: Vec<String>,
    workspace_id: Option<String>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    #[sqlx(flatten)]
    rate_limits: RateLimitColumns,
}

#[derive(FromRow)]
pub(super) struct CredentialRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    default_version: String,
    organization_read_limit: Option<String>,
    organization_write_limit: Option<String>,
    #[sqlx(flatten)]
    quotas: QuotaColumns,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = Error;

    fn try_from(row: ApiKeyRow) -> Result<Self> {
        let id = ApiKeyId::new(row.id);
        let broken = |column: &str| Error::internal(format!("api_keys {id}: {column} breaks a rule"));
        let scopes = row.scopes.iter().map(|scope| Scope::from_label(scope).ok_or_else(|| broken("scopes")));
        Ok(Self {
            id,
            organization_id: OrganizationId::new(row.organization_id),
            last_four: row.last_four,
            scopes: scopes.collect::<Result<_>>()?,
            workspace_id: row.workspace_id.map(WorkspaceId::parse).transpose().map_err(|_| broken("workspace_id"))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            rate_limits: row.rate_limits.parse().ok_or_else(|| broken("read_limit or write_limit"))?,
        })
    }
}

impl TryFrom<CredentialRow> for Credential {
    type Error = Error;

    fn try_from(row: CredentialRow) -> Result<Self> {
        let key = ApiKey::try_from(row.key)?;
        let columns =
            RateLimitColumns { read_limit: row.organization_read_limit, write_limit: row.organization_write_limit };
        let organization_limits = columns.parse().ok_or_else(|| {
            Error::internal(format!("organizations {}: read_limit or write_limit breaks a rule", key.organization_id))
        })?;
        Ok(Self { key, default_version: row.default_version, organization_limits, quotas: row.quotas.into() })
    }
}
