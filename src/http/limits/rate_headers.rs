//! How a rate limit is answered: the headers of each answer under one, and the refusal.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use super::rate_limiter::{LimitExcess, LimitHolder, LimitStanding};
use crate::domain::clock::Timestamp;
use crate::domain::limit::rate_limit::AccessKind;

const LIMIT: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-limit");
const REMAINING: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-remaining");
const RESET: HeaderName = HeaderName::from_static("anthropic-ratelimit-requests-reset");

/// What the headers of an answer say of the tighter limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct RateHeaders {
    limit: u32,
    remaining: u32,
    reset: Timestamp,
}

impl RateHeaders {
    /// What is left of a limit at `now`.
    pub(in crate::http) fn new(standing: &LimitStanding, now: Timestamp) -> Self {
        // Whole seconds, rounded up: at the time that the header names, the limit is available in full.
        let reset = standing.full_in.saturating_add(Duration::from_nanos(999_999_999));
        let reset = time::Duration::try_from(reset).ok().and_then(|reset| now.checked_add(reset)).unwrap_or(now);
        let reset = reset.replace_nanosecond(0).unwrap_or(reset);
        Self { limit: standing.limit, remaining: standing.remaining, reset }
    }

    /// Adds the headers.
    pub(in crate::http) fn insert(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.remaining.into());
        let reset = self.reset.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
        if let Ok(reset) = HeaderValue::from_str(&reset) {
            headers.insert(RESET, reset);
        }
    }
}

/// The message of a refusal.
pub(in crate::http) fn excess_message(excess: &LimitExcess, kind: AccessKind) -> String {
    let holder = match excess.holder {
        LimitHolder::Organization => "organization",
        LimitHolder::Key => "API key",
    };
    let requests = match kind {
        AccessKind::Read => "read",
        AccessKind::Write => "write",
    };
    format!("The rate limit of this {holder} is {} for requests that {requests}", excess.limit)
}

/// Whether a request reads or writes.
pub(in crate::http) fn access_kind(method: &Method) -> AccessKind {
    if [Method::GET, Method::HEAD].contains(method) { AccessKind::Read } else { AccessKind::Write }
}
