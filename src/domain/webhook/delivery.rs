//! Deliveries of events to endpoints, and their attempts.

use std::borrow::Cow;
use std::time::Duration;

use super::endpoint::{StoredUrl, WebhookEventType};
use super::retry::{next_attempt, should_disable};
use super::secret::SigningSecret;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::EventId;
use crate::domain::label::labels;

labels! {
    /// The state of a delivery.
    DeliveryState {
        /// The next attempt is due now or later.
        Pending = "pending",
        /// The endpoint accepted it.
        Delivered = "delivered",
        /// It is not retried any more.
        Failed = "failed",
    }
}

/// The delivery of one event to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The event. There is at most one delivery of an event to an endpoint.
    pub event_id: EventId,
    /// The type of the event.
    pub event_type: WebhookEventType,
    /// When it was first queued.
    pub created_at: Timestamp,
    /// Its state.
    pub state: DeliveryState,
    /// When the next attempt is due, if the endpoint is enabled then; `None` if it is not retried.
    pub next_attempt_at: Option<Timestamp>,
    /// Its attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Its outcome.
    pub outcome: AttemptOutcome,
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The endpoint answered with this status.
    Answered(u16),
    /// There was no response, with the reason for people, which contains neither the URL nor an address.
    Unanswered(Cow<'static, str>),
}

impl AttemptOutcome {
    /// Whether the endpoint accepted the delivery.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the endpoint asks for no more deliveries.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Answered(410))
    }
}

/// A delivery that a dispatcher has claimed, with what its attempt needs.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// The event.
    pub event: Event,
    /// The label of the API version that the organization was pinned to when the event was appended.
    pub version: String,
    /// The URL of the endpoint.
    pub url: StoredUrl,
    /// The signing secrets, newest first.
    pub secrets: Vec<SigningSecret>,
}

/// The progress of a delivery and its endpoint before an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryProgress {
    /// Failed attempts since the delivery was queued.
    pub failures: u32,
    /// When the last attempt is made.
    pub until: Timestamp,
    /// Since when the endpoint has accepted nothing.
    pub failing_since: Option<Timestamp>,
}

/// The new state of a delivery and its endpoint after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryUpdate {
    /// The state of the delivery.
    pub state: DeliveryState,
    /// When the next attempt is due, if it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// Failed attempts since the delivery was queued.
    pub failures: u32,
    /// Since when the endpoint has accepted nothing.
    pub failing_since: Option<Timestamp>,
    /// Why the endpoint is disabled; `None` if it is not.
    pub disable_reason: Option<&'static str>,
}

impl DeliveryProgress {
    /// Applies an attempt that ended `now` with `outcome`. `jitter` is that of [`next_attempt`].
    #[must_use]
    pub fn after(self, outcome: &AttemptOutcome, now: Timestamp, jitter: u16) -> DeliveryUpdate {
        if outcome.is_accepted() {
            return DeliveryUpdate {
                state: DeliveryState::Delivered,
                next_attempt_at: None,
                failures: self.failures,
                failing_since: None,
                disable_reason: None,
            };
        }
        let failing_since = self.failing_since.unwrap_or(now);
        let failures = self.failures.saturating_add(1);
        let next_attempt_at = next_attempt(failures, self.until, now, jitter).filter(|_| !outcome.is_gone());
        let disable_reason = match next_attempt_at {
            _ if outcome.is_gone() => Some("The endpoint answered 410 Gone."),
            None if should_disable(failing_since, now) => {
                Some("A delivery was given up after 3 days, and none has succeeded for at least a day.")
            }
            _ => None,
        };
        DeliveryUpdate {
            state: if next_attempt_at.is_some() { DeliveryState::Pending } else { DeliveryState::Failed },
            next_attempt_at,
            failures,
            failing_since: Some(failing_since),
            disable_reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::webhook::retry::{DISABLE_AFTER, RETRY_WINDOW};

    const QUEUED: Timestamp = Timestamp::UNIX_EPOCH;

    fn fresh() -> DeliveryProgress {
        DeliveryProgress { failures: 0, until: QUEUED + RETRY_WINDOW, failing_since: None }
    }

    fn failed() -> impl Strategy<Value = AttemptOutcome> {
        let statuses = any::<u16>().prop_filter("a failure", |status| !(200..300).contains(status) && *status != 410);
        prop_oneof![statuses.prop_map(AttemptOutcome::Answered), Just(AttemptOutcome::Unanswered("timed out".into()))]
    }

    proptest! {
        #[test]
        fn a_failing_delivery_ends_and_disables_the_endpoint_unless_another_succeeded(
            outcomes in prop::collection::vec((failed(), any::<u16>()), 70),
            succeeded_meanwhile: bool,
        ) {
            let (mut progress, mut now) = (fresh(), QUEUED);
            for (outcome, jitter) in outcomes {
                let update = progress.after(&outcome, now, jitter);
                prop_assert_eq!(update.state == DeliveryState::Pending, update.next_attempt_at.is_some());
                let Some(next) = update.next_attempt_at else {
                    prop_assert_eq!(update.state, DeliveryState::Failed);
                    prop_assert_eq!(now, progress.until);
                    prop_assert_eq!(update.disable_reason.is_some(), !succeeded_meanwhile);
                    return Ok(());
                };
                prop_assert!(next > now && update.disable_reason.is_none());
                // Another delivery to the endpoint succeeds just before the last attempt.
                let ends = next == progress.until && succeeded_meanwhile;
                progress.failing_since = if ends { None } else { update.failing_since };
                progress.failures = update.failures;
                now = next;
            }
            prop_assert!(false, "it was never given up");
        }

        #[test]
        fn any_2xx_status_ends_the_delivery_and_clears_failing_since(status in 200_u16..300, failures: u32) {
            let progress = DeliveryProgress { failures, failing_since: Some(QUEUED), ..fresh() };
            let update = progress.after(&AttemptOutcome::Answered(status), QUEUED + DISABLE_AFTER * 9, 7);
            prop_assert_eq!((update.state, update.failing_since), (DeliveryState::Delivered, None));
            prop_assert_eq!((update.next_attempt_at, update.disable_reason), (None, None));
        }
    }

    #[test]
    fn status_410_disables_the_endpoint_at_once() {
        let update = fresh().after(&AttemptOutcome::Answered(410), QUEUED, 7);
        assert_eq!((update.state, update.next_attempt_at), (DeliveryState::Failed, None));
        assert!(update.disable_reason.unwrap().contains("410"));
    }

    #[test]
    fn the_first_failure_sets_failing_since_and_later_ones_leave_it() {
        let first = fresh().after(&AttemptOutcome::Answered(500), QUEUED, 7);
        assert_eq!((first.failures, first.failing_since), (1, Some(QUEUED)));
        let progress = DeliveryProgress { failures: 1, failing_since: first.failing_since, ..fresh() };
        let second = progress.after(&AttemptOutcome::Answered(302), QUEUED + DISABLE_AFTER, 7);
        assert_eq!((second.failures, second.failing_since, second.disable_reason), (2, Some(QUEUED), None));
    }
}
