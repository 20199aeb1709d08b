//! Time as an argument: the current time comes from a [`Clock`], never from an ambient call.

use time::{Duration, OffsetDateTime};
use validator::ValidationError;

use super::error::reason;

/// A time in UTC, to the microsecond as Postgres stores it, so that a returned time equals the stored one.
pub type Timestamp = OffsetDateTime;

/// The source of the current time.
pub trait Clock: Send + Sync {
    /// Now, in UTC, to the microsecond.
    fn now(&self) -> Timestamp;
}

/// The system clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    fn now(&self) -> Timestamp {
        to_microsecond(OffsetDateTime::now_utc())
    }
}

/// The difference from the database's clock with which a service starts and sweeps at most. Replicas whose clocks are further apart record
/// expiries, delete stored answers, and sort profiles and events wrongly.
pub const MAX_CLOCK_DIFFERENCE: Duration = Duration::minutes(5);

/// The difference from the database's clock that a synchronized clock does not have.
const NOTABLE_CLOCK_DIFFERENCE: Duration = Duration::seconds(5);

/// A comparison of this machine's clock with the database's, which was read between two readings of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockComparison {
    /// This machine's time before the database read its clock.
    pub before: Timestamp,
    /// The database's time.
    pub database: Timestamp,
    /// This machine's time afterwards.
    pub after: Timestamp,
}

/// What a comparison of clocks means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockAgreement {
    /// The clocks agree, as far as the comparison can tell.
    Agree,
    /// They differ, as synchronized clocks do not.
    Differ,
    /// They differ by more than [`MAX_CLOCK_DIFFERENCE`].
    TooFarApart,
}

impl ClockComparison {
    /// This machine's time when the database read its clock, exact to half the round trip.
    #[must_use]
    pub fn here(&self) -> Timestamp {
        self.before + (self.after - self.before) / 2
    }

    /// How far this machine's clock is ahead of the database's; negative if it is behind.
    #[must_use]
    pub fn difference(&self) -> Duration {
        self.here() - self.database
    }

    /// How long the comparison took: the difference is exact to half of it.
    #[must_use]
    pub fn round_trip(&self) -> Duration {
        // Negative if the clock was set back in between.
        (self.after - self.before).max(Duration::ZERO)
    }

    /// What it means. A difference that the round trip may explain is none.
    #[must_use]
    pub fn agreement(&self) -> ClockAgreement {
        let certain = self.difference().abs() - self.round_trip() / 2;
        if certain > MAX_CLOCK_DIFFERENCE {
            ClockAgreement::TooFarApart
        } else if certain > NOTABLE_CLOCK_DIFFERENCE {
            ClockAgreement::Differ
        } else {
            ClockAgreement::Agree
        }
    }
}

/// Truncates `moment` to the microsecond.
#[must_use]
pub fn to_microsecond(moment: Timestamp) -> Timestamp {
    moment.replace_nanosecond(moment.microsecond() * 1_000).unwrap_or(moment)
}

/// Checks that `moment` is in the future.
///
/// # Errors
/// It is not later than `now`.
pub fn check_future(moment: Timestamp, now: Timestamp) -> Result<(), ValidationError> {
    if moment > now { Ok(()) } else { Err(reason("past", "Timestamp lies in the past")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOON: Timestamp = datetime!(2026-03-15 12:00 UTC);

    /// A comparison that took `round_trip` ms, while this clock was `ahead` ms ahead.
    fn compared(ahead: i64, round_trip: i64) -> ClockComparison {
        let before = NOON + Duration::milliseconds(ahead);
        ClockComparison {
            before,
            database: NOON + Duration::milliseconds(round_trip / 2),
            after: before + Duration::milliseconds(round_trip),
        }
    }

    #[test]
    fn clocks_agree_within_5_seconds_and_are_too_far_apart_beyond_5_minutes() {
        for (ahead, agreement) in [
            (0, ClockAgreement::Agree),
            (5_000, ClockAgreement::Agree),
            (5_001, ClockAgreement::Differ),
            (300_000, ClockAgreement::Differ),
            (300_001, ClockAgreement::TooFarApart),
            (86_400_000, ClockAgreement::TooFarApart),
        ] {
            for sign in [1, -1] {
                let compared = compared(sign * ahead, 0);
                assert_eq!(compared.agreement(), agreement, "{sign} {ahead}");
                assert_eq!(compared.difference(), Duration::milliseconds(sign * ahead));
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_during_the_comparison_is_not_taken_for_a_long_round_trip() {
        let comparison = ClockComparison { before: NOON, database: NOON, after: NOON - Duration::hours(1) };
        assert_eq!(comparison.round_trip(), Duration::ZERO);
        assert_eq!(comparison.agreement(), ClockAgreement::TooFarApart);
    }

    proptest! {
        /// Wherever in the round trip the database read its clock.
        #[test]
        fn clocks_that_agree_are_never_told_apart_by_a_slow_answer(round_trip in 0_i64..3_600_000, part in 0.0_f64..=1.0) {
            let after = NOON + Duration::milliseconds(round_trip);
            let comparison = ClockComparison { before: NOON, database: NOON + (after - NOON) * part, after };
            prop_assert_eq!(comparison.agreement(), ClockAgreement::Agree);
        }
    }
}
