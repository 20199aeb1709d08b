//! The rate limits of API keys.

use sqlx::postgres::PgConnection;

use super::api_key_row::ApiKeyRow;
use super::rate_limits::column;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::limit::rate_limit::RateLimitsPatch;

/// Changes the limits of a key; answers the key, if it exists.
pub(super) async fn update(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ApiKeyId,
    patch: RateLimitsPatch,
) -> sqlx::Result<Option<ApiKeyRow>> {
    let ((changes_read, read), (changes_write, write)) = (column(patch.read), column(patch.write));
    sqlx::query_as(
        "update api_keys
            set read_limit = case when $3 then $4 else read_limit end,
                write_limit = case when $5 then $6 else write_limit end
          where organization_id = $1
            and id = $2
      returning organization_id,
                id,
                last_four,
                scopes,
                workspace_id,
                created_at,
                expires_at,
                revoked_at,
                read_limit,
                write_limit",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(changes_read)
    .bind(read)
    .bind(changes_write)
    .bind(write)
    .fetch_optional(connection)
    .await
}
