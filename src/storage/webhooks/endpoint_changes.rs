//! The statements that add and change a webhook endpoint.

use sqlx::postgres::PgConnection;

use super::endpoint_row::labels;
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;
use crate::domain::webhook::endpoint::{MAX_ENDPOINTS, WebhookEndpoint};
use crate::domain::webhook::secret::SigningSecret;
use crate::domain::{Error, ErrorKind};
use crate::storage::pool::error::StorageError;

/// Checks that the organization may have another endpoint. Locks the organization, so that concurrent creates do not exceed the limit.
pub(super) async fn check_limit(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> std::result::Result<(), StorageError> {
    sqlx::query("select from organizations where id = $1 for no key update")
        .bind(organization.uuid())
        .execute(&mut *connection)
        .await?;
    let count: i64 = sqlx::query_scalar("select count(*) from webhook_endpoints where organization_id = $1")
        .bind(organization.uuid())
        .fetch_one(connection)
        .await?;
    if usize::try_from(count).is_ok_and(|count| count < MAX_ENDPOINTS) {
        return Ok(());
    }
    let message = format!("An organization has at most {MAX_ENDPOINTS} webhook endpoints; delete one first");
    Err(Error::new(ErrorKind::Conflict, message).into())
}

/// Adds `endpoint`.
pub(super) async fn insert(
    connection: &mut PgConnection,
    organization: OrganizationId,
    endpoint: &WebhookEndpoint,
    secret: &SigningSecret,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into webhook_endpoints (
                organization_id,
                id,
                created_at,
                updated_at,
                url,
                name,
                description,
                enabled_events,
                state,
                disabled_reason,
                signing_secret)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(organization.uuid())
    .bind(endpoint.id.uuid())
    .bind(endpoint.created_at)
    .bind(endpoint.updated_at)
    .bind(endpoint.url.as_str())
    .bind(endpoint.name.as_str())
    .bind(endpoint.description.as_str())
    .bind(labels(&endpoint.enabled_events))
    .bind(endpoint.state.as_str())
    .bind(&endpoint.disabled_reason)
    .bind(secret.bits().as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// Saves `after` in place of `before`.
pub(super) async fn save(
    connection: &mut PgConnection,
    organization: OrganizationId,
    before: &WebhookEndpoint,
    after: &WebhookEndpoint,
) -> sqlx::Result<()> {
    sqlx::query(
        "update webhook_endpoints
            set updated_at = $3,
                url = $4,
                name = $5,
                description = $6,
                enabled_events = $7,
                state = $8,
                disabled_reason = $9,
                failing_since = case when $10 then null else failing_since end
          where organization_id = $1
            and id = $2",
    )
    .bind(organization.uuid())
    .bind(after.id.uuid())
    .bind(after.updated_at)
    .bind(after.url.as_str())
    .bind(after.name.as_str())
    .bind(after.description.as_str())
    .bind(labels(&after.enabled_events))
    .bind(after.state.as_str())
    .bind(&after.disabled_reason)
    // Enabling an endpoint or changing its URL starts a new count of failures.
    .bind(before.state != after.state || before.url != after.url)
    .execute(connection)
    .await?;
    Ok(())
}
