//! Time as an argument: the current time comes from a [`Clock`], never from an ambient call.

use time::OffsetDateTime;
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
