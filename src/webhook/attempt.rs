//! One attempt to deliver: signs the body, sends it, and stores the result.

use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::metrics::AttemptMetrics;
use super::sender::{Message, Sender};
use super::settings::DispatcherPorts;
use super::signature::sign;
use crate::api::webhook_event;
use crate::domain::id::EventId;
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, ClaimedDelivery};
use crate::domain::webhook::endpoint::{EndpointKey, StoredUrl};
use crate::domain::{Error, Result};
use crate::spans::{self, AttemptEnd};

/// Makes attempts and stores their results.
pub(super) struct Attempts {
    pub(super) ports: DispatcherPorts,
    pub(super) sender: Arc<Sender>,
    pub(super) metrics: AttemptMetrics,
}

impl Attempts {
    /// Makes one attempt. Returns whether the endpoint accepted the delivery and the result was stored.
    #[tracing::instrument(
        name = "webhook.attempt",
        level = "debug",
        skip_all,
        fields(organization.id = %key.organization, webhook.endpoint = %key.endpoint, webhook.id = %claim.event.id)
    )]
    pub(super) async fn deliver(self: Arc<Self>, key: EndpointKey, claim: ClaimedDelivery) -> bool {
        let event = claim.event.id;
        match self.attempt(key, claim).await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Warnings name the ids themselves: the span is off at the level `info`.
                tracing::warn!(
                    organization.id = %key.organization,
                    webhook.endpoint = %key.endpoint,
                    webhook.id = %event,
                    error.cause = cause(&error),
                    "webhook delivery result could not be stored; it will be delivered again"
                );
                false
            }
        }
    }

    async fn attempt(&self, key: EndpointKey, claim: ClaimedDelivery) -> Result<bool> {
        let event = claim.event.id;
        let Some(body) = webhook_event::body(key.organization, &claim.event, &claim.version)? else {
            self.ports.queue.forget(key, event).await?;
            return Ok(true);
        };
        let at = self.ports.clock.now();
        let (id, timestamp) = (event.to_string(), at.unix_timestamp());
        let signature = sign(&claim.secrets, &id, timestamp, &body);
        let url = claim.url.clone();
        let message = Message { id, timestamp, signature, body, traceparent: spans::traceparent() };
        let outcome = self.send(claim, message).await;
        trace(&url, &outcome);
        let now = self.ports.clock.now();
        let took = (now - at).try_into().unwrap_or_default();
        let attempt = Attempt { at, took, outcome };
        self.metrics.count(&attempt);
        self.record(key, event, attempt).await
    }

    async fn record(&self, key: EndpointKey, event: EventId, attempt: Attempt) -> Result<bool> {
        let accepted = attempt.outcome.is_accepted();
        let bits = self.ports.randomness.bits()?;
        let jitter = u16::from_le_bytes([bits[0], bits[1]]);
        let now = self.ports.clock.now();
        let update = self.ports.queue.record_attempt(key, event, attempt, jitter, now).await?;
        if let Some(reason) = update.and_then(|update| update.disable_reason) {
            tracing::warn!(
                organization.id = %key.organization,
                webhook.endpoint = %key.endpoint,
                webhook.id = %event,
                reason,
                "webhook endpoint disabled; enable it again once it accepts deliveries"
            );
        }
        Ok(accepted)
    }

    /// Sends from a thread of its own: one that hangs does not keep the process from exiting, as a thread of the runtime would.
    async fn send(&self, claim: ClaimedDelivery, message: Message) -> AttemptOutcome {
        let (outcome, received) = oneshot::channel();
        let sender = Arc::clone(&self.sender);
        let spawned = thread::Builder::new().name("webhook".to_owned()).spawn(move || {
            // The receiver is dropped when the dispatcher is aborted.
            _ = outcome.send(send(&sender, &claim.url, &message));
        });
        if spawned.is_err() {
            return AttemptOutcome::Unanswered("this service has no thread to spare".into());
        }
        received.await.unwrap_or_else(|_| AttemptOutcome::Unanswered("the attempt failed".into()))
    }
}

/// Completes the span of an attempt.
fn trace(url: &StoredUrl, outcome: &AttemptOutcome) {
    spans::record_attempt(AttemptEnd {
        url: match url {
            StoredUrl::Valid(url) => Some(url.as_str()),
            StoredUrl::Invalid(_) => None,
        },
        outcome: match outcome {
            AttemptOutcome::Answered(status) => Ok(*status),
            AttemptOutcome::Unanswered(reason) => Err(reason),
        },
        is_accepted: outcome.is_accepted(),
    });
}

fn send(sender: &Sender, url: &StoredUrl, message: &Message) -> AttemptOutcome {
    match url {
        StoredUrl::Valid(url) => sender.send(url, message),
        StoredUrl::Invalid(_) => AttemptOutcome::Unanswered("the stored URL is invalid: update the endpoint".into()),
    }
}

/// The public text of `error` and its private cause, for the log.
pub(super) fn cause(error: &Error) -> String {
    error.cause.as_ref().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
