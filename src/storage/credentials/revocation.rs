//! The statements of a revocation.

use sqlx::postgres::PgConnection;

use super::api_key_row::ApiKeyRow;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ApiKeyId, OrganizationId};

/// Revokes a key, of `workspace` only if it is given. Answers whether it existed and was not revoked before.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ApiKeyId,
    workspace: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let revoked = sqlx::query(
        "update api_keys
            set revoked_at = $4
          where organization_id = $1
            and id = $2
            and ($3::text is null or workspace_id = $3)
            and revoked_at is null",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(workspace)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// A key, of `workspace` only if it is given.
pub(super) async fn read(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ApiKeyId,
    workspace: Option<&str>,
) -> sqlx::Result<Option<ApiKeyRow>> {
    sqlx::query_as(
        "select organization_id,
                id,
                last_four,
                scopes,
                workspace_id,
                created_at,
                expires_at,
                revoked_at,
                read_limit,
                write_limit
           from api_keys
          where organization_id = $1
            and id = $2
            and ($3::text is null or workspace_id = $3)",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(workspace)
    .fetch_optional(connection)
    .await
}
