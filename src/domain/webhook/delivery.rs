//! A delivery: one event on its way to one endpoint, and what each attempt came to.

use std::borrow::Cow;
use std::time::Duration;

use super::endpoint::WebhookEventType;
use super::retry::{is_persistent, next_attempt};
use super::secret::SigningSecret;
use super::url::WebhookUrl;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::EventId;
use crate::domain::label::labels;

labels! {
    /// What became of a delivery so far.
    DeliveryState {
        /// It is to be tried, for the first time or again.
        Pending = "pending",
        /// The endpoint has taken it.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which event: an endpoint gets each at most once as a delivery, however often that is tried.
    pub event_id: EventId,
    /// What the event tells of.
    pub subject: WebhookEventType,
    /// When it was queued for the first time.
    pub created_at: Timestamp,
    /// What became of it.
    pub state: DeliveryState,
    /// When it is tried next, unless the endpoint is disabled then; `None` where it is not tried any more.
    pub next_attempt_at: Option<Timestamp>,
    /// What was tried, oldest first.
    pub attempts: Vec<Attempt>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it came to.
    pub outcome: AttemptOutcome,
}

/// What an attempt came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The endpoint answered with this status.
    Answered(u16),
    /// It did not answer; why, for people. Holds no part of the URL and no address.
    Unanswered(Cow<'static, str>),
}

impl AttemptOutcome {
    /// Whether the endpoint has taken the delivery.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the endpoint says that nobody wants deliveries there any more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Answered(410))
    }
}

/// A delivery that somebody has taken on, and whatever its attempt needs.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// What is to be told.
    pub event: Event,
    /// The label of the shape that the organization was pinned to when it happened.
    pub version: String,
    /// Where to.
    pub url: WebhookUrl,
    /// What signs it: the newest secret first.
    pub secrets: Vec<SigningSecret>,
}

/// How a delivery and its endpoint stood before an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryProgress {
    /// How many attempts have failed since the delivery was queued.
    pub failures: u32,
    /// Until when it is tried.
    pub until: Timestamp,
    /// Since when nothing has reached the endpoint.
    pub failing_since: Option<Timestamp>,
}

/// How they stand after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What became of the delivery.
    pub state: DeliveryState,
    /// When it is tried next, if it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// How many attempts have failed since the delivery was queued.
    pub failures: u32,
    /// Since when nothing has reached the endpoint.
    pub failing_since: Option<Timestamp>,
    /// Why the endpoint is disabled with it.
    pub disables: Option<&'static str>,
}

impl DeliveryProgress {
    /// What an attempt that ended `now` with `outcome` makes of it; for `jitter`, see [`next_attempt`].
    #[must_use]
    pub fn after(self, outcome: &AttemptOutcome, now: Timestamp, jitter: u16) -> Settlement {
        if outcome.is_accepted() {
            return Settlement {
                state: DeliveryState::Delivered,
                next_attempt_at: None,
                failures: self.failures,
                failing_since: None,
                disables: None,
            };
        }
        let failing_since = self.failing_since.unwrap_or(now);
        let failures = self.failures.saturating_add(1);
        let next_attempt_at = next_attempt(failures, self.until, now, jitter).filter(|_| !outcome.is_gone());
        let disables = match next_attempt_at {
            _ if outcome.is_gone() => Some("The endpoint answered 410 Gone."),
            None if is_persistent(failing_since, now) => {
                Some("A delivery was given up after 3 days, and none has succeeded for at least a day.")
            }
            _ => None,
        };
        Settlement {
            state: if next_attempt_at.is_some() { DeliveryState::Pending } else { DeliveryState::Failed },
            next_attempt_at,
            failures,
            failing_since: Some(failing_since),
            disables,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::webhook::retry::{ENDURANCE, RETRY_WINDOW};

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
        fn a_delivery_ends_taken_or_given_up_and_disables_only_what_nothing_has_reached(
            outcomes in prop::collection::vec((failed(), any::<u16>()), 70),
            succeeded_meanwhile: bool,
        ) {
            let (mut progress, mut now) = (fresh(), QUEUED);
            for (outcome, jitter) in outcomes {
                let settled = progress.after(&outcome, now, jitter);
                prop_assert_eq!(settled.state == DeliveryState::Pending, settled.next_attempt_at.is_some());
                let Some(next) = settled.next_attempt_at else {
                    prop_assert_eq!(settled.state, DeliveryState::Failed);
                    prop_assert_eq!(now, progress.until);
                    prop_assert_eq!(settled.disables.is_some(), !succeeded_meanwhile);
                    return Ok(());
                };
                prop_assert!(next > now && settled.disables.is_none());
                // Another delivery to the endpoint has been taken just before the last attempt.
                let ends = next == progress.until && succeeded_meanwhile;
                progress.failing_since = if ends { None } else { settled.failing_since };
                progress.failures = settled.failures;
                now = next;
            }
            prop_assert!(false, "it was never given up");
        }

        #[test]
        fn any_status_of_success_ends_a_delivery_and_the_endpoints_bad_time(status in 200_u16..300, failures: u32) {
            let progress = DeliveryProgress { failures, failing_since: Some(QUEUED), ..fresh() };
            let settled = progress.after(&AttemptOutcome::Answered(status), QUEUED + ENDURANCE * 9, 7);
            prop_assert_eq!((settled.state, settled.failing_since), (DeliveryState::Delivered, None));
            prop_assert_eq!((settled.next_attempt_at, settled.disables), (None, None));
        }
    }

    #[test]
    fn an_endpoint_that_says_it_is_gone_is_disabled_at_once() {
        let settled = fresh().after(&AttemptOutcome::Answered(410), QUEUED, 7);
        assert_eq!((settled.state, settled.next_attempt_at), (DeliveryState::Failed, None));
        assert!(settled.disables.unwrap().contains("410"));
    }

    #[test]
    fn the_first_failure_begins_the_bad_time_and_later_ones_leave_its_beginning() {
        let first = fresh().after(&AttemptOutcome::Answered(500), QUEUED, 7);
        assert_eq!((first.failures, first.failing_since), (1, Some(QUEUED)));
        let progress = DeliveryProgress { failures: 1, failing_since: first.failing_since, ..fresh() };
        let second = progress.after(&AttemptOutcome::Answered(302), QUEUED + ENDURANCE, 7);
        assert_eq!((second.failures, second.failing_since, second.disables), (2, Some(QUEUED), None));
    }
}
