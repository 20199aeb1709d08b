//! Redelivery: queues a delivery again, whatever its state.

use sqlx::postgres::PgConnection;

use super::deliveries::{DeliveryRow, add_attempts, endpoint_state, select_deliveries};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::webhook::delivery::Delivery;
use crate::domain::webhook::endpoint::EndpointState;
use crate::domain::webhook::retry::RETRY_WINDOW;
use crate::domain::{Error, ErrorKind};
use crate::storage::pool::error::{StorageError, not_found};

/// Queues the delivery as due `now`, with a new retry window.
///
/// # Errors
/// `NotFound` if the endpoint or the delivery is; `Conflict` if the endpoint is disabled.
pub(super) async fn redeliver(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: WebhookEndpointId,
    event: EventId,
    now: Timestamp,
) -> Result<Delivery, StorageError> {
    if endpoint_state(connection, organization, id).await? == EndpointState::Disabled {
        let message = "The webhook endpoint is disabled; enable it first";
        return Err(Error::new(ErrorKind::Conflict, message).into());
    }
    sqlx::query(
        "update webhook_deliveries
            set state = 'pending',
                due_at = $4,
                tried_until = $5,
                failures = 0
          where organization_id = $1
            and endpoint_id = $2
            and event_id = $3",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(event.uuid())
    .bind(now)
    .bind(now + RETRY_WINDOW)
    .execute(&mut *connection)
    .await?;
    let row: Option<DeliveryRow> = sqlx::query_as(select_deliveries!(
        "where d.organization_id = $1
           and d.endpoint_id = $2
           and d.event_id = $3"
    ))
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(event.uuid())
    .fetch_optional(&mut *connection)
    .await?;
    let mut found: Delivery = row.ok_or_else(|| not_found("Webhook delivery"))?.try_into()?;
    add_attempts(connection, organization, id, std::slice::from_mut(&mut found)).await?;
    Ok(found)
}
