//! What `uprof webhooks` prints.

use serde::Serialize;

use crate::api::operator::webhook::{DeletedEndpoint, WireEndpoint};
use crate::api::operator::webhook_delivery::WireDelivery;
use crate::cli::output::Printable;
use crate::cli::values;
use crate::domain::id::WebhookEndpointId;
use crate::domain::label::EnumLabel;
use crate::domain::webhook::delivery::{AttemptOutcome, Delivery};
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::domain::webhook::secret::SigningSecret;

/// An endpoint as the API returns it.
#[derive(Serialize)]
pub(in crate::cli) struct EndpointJson {
    #[serde(flatten)]
    endpoint: WireEndpoint,
    /// Of a new endpoint or a new secret only.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
}

/// An endpoint, with its `secret` if that is new.
pub(super) fn printable_endpoint(endpoint: WebhookEndpoint, secret: Option<&SigningSecret>) -> Printable<EndpointJson> {
    let events: Vec<_> = endpoint.enabled_events.iter().map(|event| event.as_str()).collect();
    let state = match endpoint.disabled_reason.as_str() {
        "" => endpoint.state.as_str().to_owned(),
        reason => format!("{} ({reason})", endpoint.state.as_str()),
    };
    let mut text = format!("{}  {state}  {}  {}", endpoint.id, events.join(","), endpoint.url.as_str());
    let signing_secret = secret.map(SigningSecret::expose);
    if let Some(secret) = &signing_secret {
        text = format!("{text}  {secret}");
    }
    Printable::new(EndpointJson { endpoint: endpoint.into(), signing_secret }, text)
}

/// An endpoint that was deleted.
pub(super) fn printable_removal(id: WebhookEndpointId) -> Printable<DeletedEndpoint> {
    Printable::new(DeletedEndpoint::new(id), format!("{id}  deleted"))
}

/// A delivery and the outcome of its last attempt.
pub(super) fn printable_delivery(delivery: Delivery) -> Printable<WireDelivery> {
    let last = match delivery.attempts.last().map(|attempt| &attempt.outcome) {
        None => "none yet".to_owned(),
        Some(AttemptOutcome::Answered(status)) => status.to_string(),
        Some(AttemptOutcome::Unanswered(reason)) => reason.to_string(),
    };
    let next = delivery.next_attempt_at.map(|at| format!("  next {}", values::rfc3339(at))).unwrap_or_default();
    let text = format!(
        "{}  {}  {}  {} attempts, the last: {last}{next}",
        delivery.event_id,
        delivery.event_type.as_str(),
        delivery.state.as_str(),
        delivery.attempts.len(),
    );
    Printable::new(delivery.into(), text)
}
