//! Stores the outcome of a delivery attempt, on the delivery and on its endpoint.

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;

use crate::domain::clock::Timestamp;
use crate::domain::id::EventId;
use crate::domain::label::EnumLabel;
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, DeliveryProgress, DeliveryState, DeliveryUpdate};
use crate::domain::webhook::endpoint::EndpointKey;
use crate::storage::pool::error::StorageError;

#[derive(FromRow)]
struct DeliveryProgressRow {
    failures: i32,
    tried_until: OffsetDateTime,
    failing_since: Option<OffsetDateTime>,
    state: String,
}

/// Locks the endpoint and the delivery, in the order in which a deletion locks them, and reads the delivery's progress; `None` if the
/// delivery was deleted or has succeeded.
pub(super) async fn lock_progress(
    connection: &mut PgConnection,
    key: EndpointKey,
    event: EventId,
) -> Result<Option<DeliveryProgress>, StorageError> {
    sqlx::query("select from webhook_endpoints where organization_id = $1 and id = $2 for no key update")
        .bind(key.organization.uuid())
        .bind(key.endpoint.uuid())
        .execute(&mut *connection)
        .await?;
    let row: Option<DeliveryProgressRow> = sqlx::query_as(
        "select d.failures,
                d.tried_until,
                e.failing_since,
                d.state
           from webhook_deliveries d
           join webhook_endpoints e on e.organization_id = d.organization_id and e.id = d.endpoint_id
          where d.organization_id = $1
            and d.endpoint_id = $2
            and d.event_id = $3
            for update of d",
    )
    .bind(key.organization.uuid())
    .bind(key.endpoint.uuid())
    .bind(event.uuid())
    .fetch_optional(connection)
    .await?;
    Ok(row.filter(|row| row.state != DeliveryState::Delivered.as_str()).map(|row| DeliveryProgress {
        failures: u32::try_from(row.failures).unwrap_or_default(),
        until: row.tried_until,
        failing_since: row.failing_since,
    }))
}

pub(super) async fn save_delivery(
    connection: &mut PgConnection,
    key: EndpointKey,
    event: EventId,
    settlement: &DeliveryUpdate,
) -> sqlx::Result<()> {
    sqlx::query(
        "update webhook_deliveries
            set state = $4,
                due_at = coalesce($5, due_at),
                failures = $6,
                attempts = attempts + 1
          where organization_id = $1
            and endpoint_id = $2
            and event_id = $3",
    )
    .bind(key.organization.uuid())
    .bind(key.endpoint.uuid())
    .bind(event.uuid())
    .bind(settlement.state.as_str())
    .bind(settlement.next_attempt_at)
    .bind(i32::try_from(settlement.failures).unwrap_or(i32::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn save_attempt(
    connection: &mut PgConnection,
    key: EndpointKey,
    event: EventId,
    attempt: &Attempt,
) -> sqlx::Result<()> {
    let (status, error) = match &attempt.outcome {
        AttemptOutcome::Answered(status) => (Some(i32::from(*status)), None),
        AttemptOutcome::Unanswered(why) => (None, Some(why.as_ref())),
    };
    sqlx::query(
        "insert into webhook_attempts
                (organization_id, endpoint_id, event_id, number, started_at, took_ms, status, error)
         select organization_id,
                endpoint_id,
                event_id,
                attempts,
                $4,
                $5,
                $6,
                $7
           from webhook_deliveries
          where organization_id = $1
            and endpoint_id = $2
            and event_id = $3",
    )
    .bind(key.organization.uuid())
    .bind(key.endpoint.uuid())
    .bind(event.uuid())
    .bind(attempt.at)
    .bind(i32::try_from(attempt.took.as_millis()).unwrap_or(i32::MAX))
    .bind(status)
    .bind(error)
    .execute(connection)
    .await?;
    Ok(())
}

/// Saves the endpoint only where it changes: most deliveries change nothing of it.
pub(super) async fn save_endpoint(
    connection: &mut PgConnection,
    key: EndpointKey,
    before: DeliveryProgress,
    settlement: &DeliveryUpdate,
    now: Timestamp,
) -> sqlx::Result<()> {
    if before.failing_since == settlement.failing_since && settlement.disable_reason.is_none() {
        return Ok(());
    }
    sqlx::query(
        "update webhook_endpoints
            set failing_since = $3,
                disabled_reason = case when state = 'enabled' then coalesce($4, disabled_reason) else disabled_reason end,
                updated_at = case when state = 'enabled' and $4 is not null then $5 else updated_at end,
                state = case when $4 is null then state else 'disabled' end
          where organization_id = $1
            and id = $2",
    )
    .bind(key.organization.uuid())
    .bind(key.endpoint.uuid())
    .bind(settlement.failing_since)
    .bind(settlement.disable_reason)
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
