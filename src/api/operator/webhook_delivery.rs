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

/// The delivery of one event to one endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireDelivery {
    /// The id of the event, which is also the id of the delivery, and the `webhook-id` of every attempt.
    id: WireId<EventMark>,
    /// The type of the object.
    r#type: WireLabel<DeliveryType>,
    /// The kind of the event.
    event_type: WireLabel<WebhookEventType>,
    /// Time at which it was queued, in UTC.
    created_at: WireTimestamp,
    /// Whether it is pending, delivered or failed.
    state: WireLabel<DeliveryState>,
    /// Time of the next attempt, in UTC; no attempt is made while the endpoint is disabled. Null: no further attempt.
    next_attempt_at: Option<WireTimestamp>,
    /// The attempts, oldest first.
    attempts: Vec<WireAttempt>,
}

/// One attempt.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireAttempt {
    /// Start of the attempt, in UTC.
    attempted_at: WireTimestamp,
    /// Duration of the attempt, in milliseconds.
    duration_ms: u32,
    /// The status of the endpoint's answer. Null: it sent none.
    status: Option<u32>,
    /// Why there is no answer. Null: there is one.
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
