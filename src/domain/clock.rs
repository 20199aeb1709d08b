//! Time as an argument: what happens now is decided by a [`Clock`], never by an ambient call.

use time::OffsetDateTime;
use validator::ValidationError;

use super::error::reason;

/// A moment, in UTC, to the microsecond: what Postgres stores, so that what was answered is what is read back.
pub type Timestamp = OffsetDateTime;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC, to the microsecond.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        to_microsecond(OffsetDateTime::now_utc())
    }
}

/// `moment` without what is below a microsecond.
#[must_use]
pub fn to_microsecond(moment: Timestamp) -> Timestamp {
    moment.replace_nanosecond(moment.microsecond() * 1_000).unwrap_or(moment)
}

/// Checks a moment that must be in the future.
///
/// # Errors
/// It is not later than `now`.
pub fn check_future(moment: Timestamp, now: Timestamp) -> Result<(), ValidationError> {
    if moment > now { Ok(()) } else { Err(reason("past", "Timestamp lies in the past")) }
}
