//! What `uprof webhooks` prints.

use serde::Serialize;

use super::arguments;
use crate::api::operator::webhook::{DeletedEndpoint, WireEndpoint};
use crate::api::operator::webhook_delivery::WireDelivery;
use crate::cli::output::Show;
use crate::domain::id::WebhookEndpointId;
use crate::domain::label::EnumLabel;
use crate::domain::webhook::delivery::{AttemptOutcome, Delivery};
use crate::domain::webhook::endpoint::WebhookEndpoint;
use crate::domain::webhook::secret::SigningSecret;

/// An endpoint, as the API answers it.
#[derive(Serialize)]
pub(in crate::cli) struct Shown {
    #[serde(flatten)]
    endpoint: WireEndpoint,
    /// After its creation, or that of the secret, only.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
    #[serde(skip)]
    text: String,
}

/// What is left of an endpoint.
#[derive(Serialize)]
#[serde(transparent)]
pub(in crate::cli) struct Deleted {
    endpoint: DeletedEndpoint,
    #[serde(skip)]
    text: String,
}

/// A delivery, as the API answers it.
#[derive(Serialize)]
#[serde(transparent)]
pub(in crate::cli) struct ShownDelivery {
    delivery: WireDelivery,
    #[serde(skip)]
    text: String,
}

impl Shown {
    pub(in crate::cli) fn with_secret(endpoint: WebhookEndpoint, secret: &SigningSecret) -> Self {
        let shown = Self::from(endpoint);
        let text = format!("{}  {}", shown.text, secret.expose());
        Self { signing_secret: Some(secret.expose()), text, ..shown }
    }
}

impl From<WebhookEndpoint> for Shown {
    fn from(endpoint: WebhookEndpoint) -> Self {
        let events: Vec<_> = endpoint.enabled_events.iter().map(|subject| subject.as_str()).collect();
        let state = match endpoint.disabled_reason.as_str() {
            "" => endpoint.state.as_str().to_owned(),
            why => format!("{} ({why})", endpoint.state.as_str()),
        };
        let text = format!("{}  {state}  {}  {}", endpoint.id, events.join(","), endpoint.url.as_str());
        Self { endpoint: endpoint.into(), signing_secret: None, text }
    }
}

impl Deleted {
    pub(in crate::cli) fn new(id: WebhookEndpointId) -> Self {
        Self { endpoint: DeletedEndpoint::new(id), text: format!("{id}  deleted") }
    }
}

impl From<Delivery> for ShownDelivery {
    fn from(delivery: Delivery) -> Self {
        let last = match delivery.attempts.last().map(|attempt| &attempt.outcome) {
            None => "not tried yet".to_owned(),
            Some(AttemptOutcome::Answered(status)) => status.to_string(),
            Some(AttemptOutcome::Unanswered(why)) => why.to_string(),
        };
        let next = delivery.next_attempt_at.map(|at| format!("  next {}", arguments::rfc3339(at))).unwrap_or_default();
        let text = format!(
            "{}  {}  {}  {} attempts, the last: {last}{next}",
            delivery.event_id,
            delivery.subject.as_str(),
            delivery.state.as_str(),
            delivery.attempts.len(),
        );
        Self { delivery: delivery.into(), text }
    }
}

impl Show for Shown {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl Show for Deleted {
    fn text(&self) -> String {
        self.text.clone()
    }
}

impl Show for ShownDelivery {
    fn text(&self) -> String {
        self.text.clone()
    }
}
