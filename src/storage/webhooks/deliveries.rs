//! The deliveries to an endpoint, with their attempts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cursor_page::{bounds, cursor_page, limit};
use super::endpoint_row::endpoint_not_found;
use crate::domain::Error;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::label::EnumLabel;
use crate::domain::page::Order;
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, Delivery, DeliveryState};
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery, EndpointState, WebhookEventType};
use crate::storage::pool::error::StorageError;

/// Reads the deliveries `d` that `$which` selects and orders.
macro_rules! select_deliveries {
    ($which:literal) => {
        concat!(
            "select d.event_id,
                    e.kind,
                    d.created_at,
                    d.state,
                    d.due_at
               from webhook_deliveries d
               join events e on e.organization_id = d.organization_id and e.id = d.event_id ",
            $which
        )
    };
}

pub(super) use select_deliveries;

#[derive(FromRow)]
pub(super) struct DeliveryRow {
    event_id: Uuid,
    kind: String,
    created_at: OffsetDateTime,
    state: String,
    due_at: OffsetDateTime,
}

#[derive(FromRow)]
struct AttemptRow {
    event_id: Uuid,
    started_at: OffsetDateTime,
    took_ms: i32,
    status: Option<i32>,
    error: Option<String>,
}

/// A page of deliveries.
///
/// # Errors
/// `NotFound` if the endpoint is.
pub(super) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: WebhookEndpointId,
    query: &CursorPageQuery<EventId>,
) -> Result<CursorPage<Delivery>, StorageError> {
    // One snapshot: a delivery that is settled in between would show the attempt without its effect.
    let mut transaction = connection.begin_with("begin isolation level repeatable read, read only").await?;
    endpoint_state(&mut transaction, organization, id).await?;
    let (greater, less) = bounds(query);
    let rows: Vec<DeliveryRow> = sqlx::query_as(match query.order {
        Order::Ascending => select_deliveries!(
            "where d.organization_id = $1
               and d.endpoint_id = $2
               and d.event_id > $3
               and d.event_id < $4
             order by d.event_id asc
             limit $5"
        ),
        Order::Descending => select_deliveries!(
            "where d.organization_id = $1
               and d.endpoint_id = $2
               and d.event_id > $3
               and d.event_id < $4
             order by d.event_id desc
             limit $5"
        ),
    })
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(greater)
    .bind(less)
    .bind(limit(query))
    .fetch_all(&mut *transaction)
    .await?;
    let mut found: CursorPage<Delivery> = cursor_page(rows, query)?;
    add_attempts(&mut transaction, organization, id, &mut found.items).await?;
    Ok(found)
}

/// The state of the endpoint.
///
/// # Errors
/// `NotFound`.
pub(super) async fn endpoint_state(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: WebhookEndpointId,
) -> Result<EndpointState, StorageError> {
    let found: Option<String> = sqlx::query_scalar(
        "select state
           from webhook_endpoints
          where organization_id = $1
            and id = $2",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .fetch_optional(connection)
    .await?;
    let found = found.ok_or_else(endpoint_not_found)?;
    Ok(EndpointState::from_label(&found).ok_or_else(|| Error::internal("webhook_endpoints: state breaks a rule"))?)
}

/// Adds their attempts to `deliveries`, in one query.
pub(super) async fn add_attempts(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: WebhookEndpointId,
    deliveries: &mut [Delivery],
) -> Result<(), StorageError> {
    let events: Vec<_> = deliveries.iter().map(|delivery| delivery.event_id.uuid()).collect();
    let rows: Vec<AttemptRow> = sqlx::query_as(
        "select event_id,
                started_at,
                took_ms,
                status,
                error
           from webhook_attempts
          where organization_id = $1
            and endpoint_id = $2
            and event_id = any($3)
          order by event_id, number",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(events)
    .fetch_all(connection)
    .await?;
    let mut attempts: HashMap<Uuid, Vec<Attempt>> = HashMap::new();
    for row in rows {
        attempts.entry(row.event_id).or_default().push(row.try_into()?);
    }
    for delivery in deliveries {
        delivery.attempts = attempts.remove(&delivery.event_id.uuid()).unwrap_or_default();
    }
    Ok(())
}

impl TryFrom<DeliveryRow> for Delivery {
    type Error = Error;

    fn try_from(row: DeliveryRow) -> Result<Self, Error> {
        let event_id = EventId::new(row.event_id);
        let broken = |column: &str| Error::internal(format!("webhook_deliveries {event_id}: {column} breaks a rule"));
        let state = DeliveryState::from_label(&row.state).ok_or_else(|| broken("state"))?;
        Ok(Self {
            event_id,
            event_type: WebhookEventType::from_label(&row.kind).ok_or_else(|| broken("event_id"))?,
            created_at: row.created_at,
            state,
            next_attempt_at: (state == DeliveryState::Pending).then_some(row.due_at),
            attempts: Vec::new(),
        })
    }
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = Error;

    fn try_from(row: AttemptRow) -> Result<Self, Error> {
        let outcome = match (row.status.map(u16::try_from), row.error) {
            (Some(Ok(status)), _) => AttemptOutcome::Answered(status),
            (None, Some(why)) => AttemptOutcome::Unanswered(Cow::Owned(why)),
            _ => return Err(Error::internal("webhook_attempts: status breaks a rule")),
        };
        let took = Duration::from_millis(u64::try_from(row.took_ms).unwrap_or_default());
        Ok(Self { at: row.started_at, took, outcome })
    }
}
