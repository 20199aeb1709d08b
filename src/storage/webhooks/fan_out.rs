//! Queues the webhook deliveries of events, in the transaction that appends them.

use sqlx::Result;
use sqlx::postgres::PgConnection;

use crate::domain::event::Event;
use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::webhook::endpoint::WebhookEventType;
use crate::domain::webhook::retry::RETRY_WINDOW;

/// Queues a delivery of each of `events` to each enabled endpoint of its organization that subscribes to its kind. Created and updated
/// profiles are not kinds that an endpoint can subscribe to: they cost no query here.
pub(in crate::storage) async fn queue(connection: &mut PgConnection, events: &[(OrganizationId, Event)]) -> Result<()> {
    let deliverable =
        || events.iter().filter(|(_, event)| WebhookEventType::from_label(event.kind().as_str()).is_some());
    if deliverable().next().is_none() {
        return Ok(());
    }
    sqlx::query(
        // Locks the endpoints: one that is being deleted is waited for and then left out.
        "insert into webhook_deliveries
                (organization_id, endpoint_id, event_id, created_at, version, state, due_at, tried_until)
         select e.organization_id,
                w.id,
                e.id,
                e.created_at,
                o.default_version,
                'pending',
                e.created_at,
                e.tried_until
           from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
                as e (organization_id, id, kind, created_at, tried_until)
           join organizations o on o.id = e.organization_id
           join webhook_endpoints w on w.organization_id = e.organization_id
          where w.state = 'enabled'
            and e.kind = any(w.enabled_events)
            for key share of w",
    )
    .bind(deliverable().map(|(organization, _)| organization.uuid()).collect::<Vec<_>>())
    .bind(deliverable().map(|(_, event)| event.id.uuid()).collect::<Vec<_>>())
    .bind(deliverable().map(|(_, event)| event.kind().as_str()).collect::<Vec<_>>())
    .bind(deliverable().map(|(_, event)| event.created_at).collect::<Vec<_>>())
    .bind(deliverable().map(|(_, event)| event.created_at + RETRY_WINDOW).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
