//! The columns of rate limits, which organizations and API keys have.

use sqlx::FromRow;

use crate::domain::limit::rate_limit::{RateLimit, RateLimits};
use crate::domain::profile::change::Change;

/// The limits of a row.
#[derive(FromRow)]
pub(super) struct RateLimitColumns {
    pub(super) read_limit: Option<String>,
    pub(super) write_limit: Option<String>,
}

impl RateLimitColumns {
    /// The limits; `None` if one breaks a rule.
    pub(super) fn parse(&self) -> Option<RateLimits> {
        let parse = |text: &Option<String>| match text {
            Some(text) => RateLimit::from_stored(text).map(Some),
            None => Some(None),
        };
        Some(RateLimits { read: parse(&self.read_limit)?, write: parse(&self.write_limit)? })
    }
}

/// Whether a column changes, and its new value.
pub(super) fn column(change: Change<RateLimit>) -> (bool, Option<String>) {
    match change {
        Change::Keep => (false, None),
        Change::Clear => (true, None),
        Change::Set(limit) => (true, Some(limit.to_string())),
    }
}
