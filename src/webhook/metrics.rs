//! The metrics of attempts to deliver.

use crate::domain::webhook::delivery::{Attempt, AttemptOutcome};
use crate::metrics::{Counter, EncodeLabelSet, Family, Histogram, Registry, duration_histogram};

/// The metrics of attempts.
pub(super) struct AttemptMetrics {
    attempts: Family<OutcomeLabels, Counter>,
    durations: Histogram,
}

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct OutcomeLabels {
    outcome: &'static str,
}

impl AttemptMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        Self {
            attempts: registry.register("uprof_webhook_attempts", "Attempts to deliver a webhook", Family::default()),
            durations: registry.register(
                "uprof_webhook_attempt_duration_seconds",
                "From the begin of an attempt to its answer, or until it was given up",
                duration_histogram(),
            ),
        }
    }

    pub(super) fn count(&self, attempt: &Attempt) {
        let outcome = match &attempt.outcome {
            taken if taken.is_accepted() => "taken",
            AttemptOutcome::Answered(_) => "refused",
            AttemptOutcome::Unanswered(_) => "unanswered",
        };
        self.attempts.get_or_create(&OutcomeLabels { outcome }).inc();
        self.durations.observe(attempt.took.as_secs_f64());
    }
}
