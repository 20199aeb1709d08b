//! The flags of rate limits, and how limits are printed.

use std::num::NonZeroU32;

use clap::Args;
use serde::Serialize;

use crate::domain::limit::rate_limit::{MAX_REQUESTS, Rate, RateLimit, RateLimits, RateLimitsPatch, parse_requests};
use crate::domain::profile::change::Change;

/// How a limit is removed.
const NONE: &str = "none";

/// The limits of an organization or a key.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct RateLimitArgs {
    /// The rate limit of requests that read, and likewise of those that write: requests per second, minute or hour, such as 500/s; or none
    #[arg(long, value_name = "RATE", value_parser = rate, conflicts_with_all = ["read_limit", "write_limit"])]
    rate_limit: Option<Change<Rate>>,
    /// The rate limit of requests that read, or none
    #[arg(long, value_name = "RATE", value_parser = rate)]
    read_limit: Option<Change<Rate>>,
    /// The rate limit of requests that write, or none
    #[arg(long, value_name = "RATE", value_parser = rate)]
    write_limit: Option<Change<Rate>>,
    /// How many requests may come at once, of those limits [default: the requests of a whole second, minute or hour]
    #[arg(long, value_name = "N", value_parser = burst)]
    burst: Option<NonZeroU32>,
}

impl RateLimitArgs {
    /// The changes of limits.
    ///
    /// # Errors
    /// A burst without a rate.
    pub(super) fn patch(self) -> Result<RateLimitsPatch, String> {
        let limit = |one: Option<Change<Rate>>| match one.or(self.rate_limit) {
            None | Some(Change::Keep) => Change::Keep,
            Some(Change::Clear) => Change::Clear,
            Some(Change::Set(rate)) => Change::Set(RateLimit::new(rate, self.burst)),
        };
        let patch = RateLimitsPatch { read: limit(self.read_limit), write: limit(self.write_limit) };
        let has_rate = [patch.read, patch.write].iter().any(|change| matches!(change, Change::Set(_)));
        if self.burst.is_some() && !has_rate {
            return Err("--burst: needs --rate-limit, --read-limit or --write-limit with a rate".to_owned());
        }
        Ok(patch)
    }

    /// The limits of what is new.
    ///
    /// # Errors
    /// Those of [`RateLimitArgs::patch`].
    pub(super) fn limits(self) -> Result<RateLimits, String> {
        let RateLimitsPatch { read, write } = self.patch()?;
        let limit = |change| if let Change::Set(limit) = change { Some(limit) } else { None };
        Ok(RateLimits { read: limit(read), write: limit(write) })
    }
}

/// Parses a rate, or `none`.
fn rate(text: &str) -> Result<Change<Rate>, String> {
    match text {
        NONE => Ok(Change::Clear),
        _ => text.parse().map(Change::Set).map_err(|error| format!("{error}; or {NONE}")),
    }
}

fn burst(text: &str) -> Result<NonZeroU32, String> {
    parse_requests(text).ok_or_else(|| format!("expected a number from 1 to {MAX_REQUESTS}"))
}

/// The limits as fields of an object.
#[derive(Serialize)]
pub(super) struct RateLimitsJson {
    read_limit: Option<String>,
    write_limit: Option<String>,
}

impl RateLimitsJson {
    pub(super) fn new(limits: RateLimits) -> Self {
        let text = |limit: Option<RateLimit>| limit.map(|limit| limit.to_string());
        Self { read_limit: text(limits.read), write_limit: text(limits.write) }
    }

    /// The end of a line of text; empty without limits.
    pub(super) fn suffix(&self) -> String {
        let part = |kind: &str, limit: &Option<String>| {
            limit.as_ref().map(|limit| format!("  {kind} {limit}")).unwrap_or_default()
        };
        part("reads", &self.read_limit) + &part("writes", &self.write_limit)
    }
}
