//! The metrics of attempts to deliver.

use crate::domain::webhook::delivery::{Attempt, AttemptOutcome};
use crate::metrics::{Counter, Family, Histogram, Registry, Scale};

/// The metrics of attempts.
pub(super) struct AttemptMetrics {
    attempts: Family<Counter, 1>,
    durations: Histogram,
}

impl AttemptMetrics {
    pub(super) fn new(registry: &Registry) -> Self {
        let attempts = registry.counters("uprof_webhook_attempts_total", "Attempts to deliver a webhook.", ["outcome"]);
        let durations = registry.histograms(
            "uprof_webhook_attempt_duration_seconds",
            "From the begin of an attempt to its answer, or until it was given up.",
            Scale::TIMES,
            [],
        );
        Self { attempts, durations: durations.with([]) }
    }

    pub(super) fn count(&self, attempt: &Attempt) {
        let outcome = match &attempt.outcome {
            taken if taken.is_accepted() => "taken",
            AttemptOutcome::Answered(_) => "refused",
            AttemptOutcome::Unanswered(_) => "unanswered",
        };
        self.attempts.with([outcome]).increment();
        self.durations.observe_time(attempt.took);
    }
}
