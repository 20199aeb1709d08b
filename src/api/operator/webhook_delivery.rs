//! Webhook deliveries and their list.

use schemars::JsonSchema;
use serde::Serialize;

use super::webhook::CursorPageBody;
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::id::EventMark;
use crate::domain::label::labels;
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, Delivery, DeliveryState};
use crate::domain::webhook::endpoint::{CursorPage, WebhookEventType};

labels! {
    /// The `type` of a delivery.
    DeliveryType {
        /// A delivery.
        WebhookDelivery = "webhook_delivery",
    }
}

/// One event on its way to one endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireDelivery {
    /// The id of the event, which is that of the delivery too: `webhook-id` on every attempt.
    id: WireId<EventMark>,
    /// What kind of object this is.
    r#type: WireLabel<DeliveryType>,
    /// Of what it tells.
    event_type: WireLabel<WebhookEventType>,
    /// When it was queued, in UTC.
    created_at: WireTimestamp,
    /// What became of it so far.
    state: WireLabel<DeliveryState>,
    /// When it is tried next, unless the endpoint is disabled then, in UTC. Null: it is not tried any more.
    next_attempt_at: Option<WireTimestamp>,
    /// What was tried, oldest first.
    attempts: Vec<WireAttempt>,
}

/// One attempt.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireAttempt {
    /// When it began, in UTC.
    attempted_at: WireTimestamp,
    /// How long it took, in milliseconds.
    duration_ms: u32,
    /// What the endpoint answered. Null: nothing.
    status: Option<u32>,
    /// Why it did not answer. Null: it did.
    error: Option<String>,
}

/// The page in an answer.
#[must_use]
pub fn cursor_page(cursor_page: CursorPage<Delivery>) -> CursorPageBody<WireDelivery> {
    CursorPageBody::new(cursor_page, |delivery| delivery.event_id.to_string(), WireDelivery::from)
}

impl From<Delivery> for WireDelivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: WireId(delivery.event_id),
            r#type: WireLabel(DeliveryType::WebhookDelivery),
            event_type: WireLabel(delivery.event_type),
            created_at: WireTimestamp(delivery.created_at),
            state: WireLabel(delivery.state),
            next_attempt_at: delivery.next_attempt_at.map(WireTimestamp),
            attempts: delivery.attempts.into_iter().map(WireAttempt::from).collect(),
        }
    }
}

impl From<Attempt> for WireAttempt {
    fn from(attempt: Attempt) -> Self {
        let (status, error) = match attempt.outcome {
            AttemptOutcome::Answered(status) => (Some(status.into()), None),
            AttemptOutcome::Unanswered(why) => (None, Some(why.into_owned())),
        };
        let duration_ms = u32::try_from(attempt.took.as_millis()).unwrap_or(u32::MAX);
        Self { attempted_at: WireTimestamp(attempt.at), duration_ms, status, error }
    }
}
