//! Compares this machine's clock with Postgres': replicas agree on time only if their clocks do.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use time::format_description::well_known::Rfc3339;

use super::start_error::StartError;
use crate::domain::clock::{ClockAgreement, ClockComparison, MAX_CLOCK_DIFFERENCE, Timestamp};
use crate::domain::repository::DatabaseClock;
use crate::metrics::{Registry, SetGauge};

/// Compares whenever it is asked, and exposes the last difference. Clones are the same.
#[derive(Clone)]
pub(super) struct ClockWatch {
    database: Arc<dyn DatabaseClock>,
    difference: SetGauge<f64, AtomicU64>,
}

impl ClockWatch {
    pub(super) fn new(database: Arc<dyn DatabaseClock>, registry: &Registry) -> Self {
        let difference = registry.register(
            "uprof_clock_difference_seconds",
            "How far this machine's clock is ahead of the database's; negative if it is behind",
            SetGauge::default(),
        );
        Self { database, difference }
    }

    /// Whether the service may start with this clock.
    ///
    /// # Errors
    /// It is more than [`MAX_CLOCK_DIFFERENCE`] off; the database cannot be reached.
    pub(super) async fn check_at_start(&self) -> Result<(), StartError> {
        let comparison = self.database.compare().await.map_err(|error| StartError(error.to_string()))?;
        match self.note(&comparison) {
            ClockAgreement::TooFarApart => Err(StartError(format!(
                "{}, and at most {} s are allowed: synchronize both clocks, then start again",
                described(&comparison),
                MAX_CLOCK_DIFFERENCE.whole_seconds()
            ))),
            ClockAgreement::Differ | ClockAgreement::Agree => Ok(()),
        }
    }

    /// Whether what has expired may be recorded by this clock. If the database does not answer, nothing is known against it.
    pub(super) async fn is_usable(&self) -> bool {
        let Ok(comparison) = self.database.compare().await else { return true };
        let agreement = self.note(&comparison);
        if agreement == ClockAgreement::TooFarApart {
            tracing::error!(
                clock.difference_s = comparison.difference().as_seconds_f64(),
                "{}; nothing is swept until both clocks are synchronized",
                described(&comparison)
            );
        }
        agreement != ClockAgreement::TooFarApart
    }

    /// Exposes the difference, and warns of one that is notable.
    fn note(&self, comparison: &ClockComparison) -> ClockAgreement {
        self.difference.set(comparison.difference().as_seconds_f64());
        let agreement = comparison.agreement();
        if agreement == ClockAgreement::Differ {
            tracing::warn!(
                clock.difference_s = comparison.difference().as_seconds_f64(),
                "{}; synchronize both clocks",
                described(comparison)
            );
        }
        agreement
    }
}

fn described(comparison: &ClockComparison) -> String {
    format!(
        "this machine's clock ({}) and Postgres' ({}) differ by {:.0} s",
        written(comparison.here()),
        written(comparison.database),
        comparison.difference().abs().as_seconds_f64()
    )
}

fn written(moment: Timestamp) -> String {
    moment.format(&Rfc3339).unwrap_or_else(|_| moment.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::domain::Result;

    /// A database that is found ahead by each of these, one after the other.
    struct AheadBy(Mutex<Vec<Duration>>);

    #[async_trait]
    impl DatabaseClock for AheadBy {
        async fn compare(&self) -> Result<ClockComparison> {
            let here = datetime!(2026-03-15 12:00 UTC);
            let ahead = self.0.lock().unwrap().remove(0);
            Ok(ClockComparison { before: here, database: here + ahead, after: here })
        }
    }

    fn watch(ahead: &[Duration], registry: &Registry) -> ClockWatch {
        ClockWatch::new(Arc::new(AheadBy(Mutex::new(ahead.to_vec()))), registry)
    }

    #[tokio::test]
    async fn a_start_with_a_clock_that_is_hours_off_names_both_times_and_the_difference() {
        let watch = watch(&[Duration::hours(2), Duration::seconds(6), Duration::ZERO], &Registry::default());
        assert_eq!(
            watch.check_at_start().await.unwrap_err().to_string(),
            "this machine's clock (2026-03-15T12:00:00Z) and Postgres' (2026-03-15T14:00:00Z) differ by 7200 s, and at most 300 s are \
             allowed: synchronize both clocks, then start again"
        );
        assert!(watch.check_at_start().await.is_ok());
        assert!(watch.check_at_start().await.is_ok());
    }

    #[tokio::test]
    async fn nothing_is_swept_while_the_clock_is_hours_off_and_the_difference_is_exposed() {
        let registry = Registry::default();
        let watch = watch(&[Duration::ZERO, Duration::hours(-2), Duration::milliseconds(1_500)], &registry);
        let exposed = |number| registry.text().contains(&format!("\nuprof_clock_difference_seconds {number}\n"));
        assert!(watch.is_usable().await && exposed("0.0"), "{}", registry.text());
        assert!(!watch.is_usable().await && exposed("7200.0"), "{}", registry.text());
        assert!(watch.is_usable().await && exposed("-1.5"), "{}", registry.text());
    }
}
