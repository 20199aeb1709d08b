//! Rate limits as operators write them: `500/s`, with a burst.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use super::gcra::Allowance;
use crate::domain::label::{EnumLabel, labels};
use crate::domain::profile::change::Change;

/// The most requests of a rate and of a burst.
pub const MAX_REQUESTS: u32 = 1_000_000;

labels! {
    /// The unit of a rate.
    Period {
        /// A second.
        Second = "s",
        /// A minute.
        Minute = "m",
        /// An hour.
        Hour = "h",
    }
}

impl Period {
    const fn duration(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
        }
    }
}

labels! {
    /// What a request does, by its method.
    AccessKind {
        /// GET and HEAD.
        Read = "read",
        /// Every other method.
        Write = "write",
    }
}

/// A number of requests in a period: `500/s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    requests: NonZeroU32,
    period: Period,
}

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Input should be requests per second, minute or hour, such as 500/s, 6000/m or 100/h, and at most {MAX_REQUESTS}"
)]
pub struct MalformedRate;

impl FromStr for Rate {
    type Err = MalformedRate;

    fn from_str(text: &str) -> Result<Self, MalformedRate> {
        let (requests, period) = text.split_once('/').ok_or(MalformedRate)?;
        let requests = parse_requests(requests).ok_or(MalformedRate)?;
        Ok(Self { requests, period: Period::from_label(period).ok_or(MalformedRate)? })
    }
}

/// Parses a number of requests, from 1 to [`MAX_REQUESTS`].
#[must_use]
pub fn parse_requests(text: &str) -> Option<NonZeroU32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|requests: &NonZeroU32| is_number && requests.get() <= MAX_REQUESTS)
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.requests, self.period.as_str())
    }
}

/// A rate, and how many requests may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// On average.
    pub rate: Rate,
    /// At once.
    pub burst: NonZeroU32,
}

/// Between the rate and the burst in the text of a limit.
const BURST: &str = " burst ";

impl RateLimit {
    /// The limit of `rate` with a `burst`; without one, the requests of a whole period may come at once.
    #[must_use]
    pub fn new(rate: Rate, burst: Option<NonZeroU32>) -> Self {
        Self { rate, burst: burst.unwrap_or(rate.requests) }
    }

    /// The limit of a stored text, `500/s burst 1000`.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        text.contains(BURST).then(|| text.parse().ok()).flatten()
    }

    /// Whether it permits no more than `other`.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        let scaled = |one: Rate, another: Rate| u64::from(one.requests.get()) * another.period.duration().as_secs();
        scaled(self.rate, other.rate) <= scaled(other.rate, self.rate) && self.burst <= other.burst
    }

    /// The share of one of `replicas`, each of which counts by itself. A burst is rounded down, to at least one request.
    #[must_use]
    pub fn share(self, replicas: NonZeroU32) -> Allowance {
        let interval = self.rate.period.duration() * replicas.get() / self.rate.requests.get();
        Allowance::new(interval, (self.burst.get() / replicas).max(1))
    }
}

impl FromStr for RateLimit {
    type Err = MalformedRate;

    /// Parses `500/s burst 1000`, or `500/s` for the burst of a whole period.
    fn from_str(text: &str) -> Result<Self, MalformedRate> {
        let Some((rate, burst)) = text.split_once(BURST) else { return Ok(Self::new(text.parse()?, None)) };
        Ok(Self { rate: rate.parse()?, burst: parse_requests(burst).ok_or(MalformedRate)? })
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{BURST}{}", self.rate, self.burst)
    }
}

/// The limits of an organization or a key; `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Of requests that read.
    pub read: Option<RateLimit>,
    /// Of requests that write.
    pub write: Option<RateLimit>,
}

impl RateLimits {
    /// The limits of a key that another one with `these` limits creates: where it asks for none, those of its issuer; `None` if it asks for
    /// more than these.
    #[must_use]
    pub fn issued_under(self, these: Self) -> Option<Self> {
        let issued = |asked: Option<RateLimit>, limit: Option<RateLimit>| match (asked, limit) {
            (Some(asked), Some(limit)) if !asked.is_within(limit) => None,
            (asked, limit) => Some(asked.or(limit)),
        };
        Some(Self { read: issued(self.read, these.read)?, write: issued(self.write, these.write)? })
    }

    /// The limit on requests of `kind`.
    #[must_use]
    pub const fn of(&self, kind: AccessKind) -> Option<RateLimit> {
        match kind {
            AccessKind::Read => self.read,
            AccessKind::Write => self.write,
        }
    }
}

/// Changes of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimitsPatch {
    /// Of the limit on requests that read.
    pub read: Change<RateLimit>,
    /// Of the limit on requests that write.
    pub write: Change<RateLimit>,
}

impl RateLimitsPatch {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_written() {
        let limit = RateLimit::new("500/s".parse().unwrap(), parse_requests("1000"));
        assert_eq!(limit.to_string(), "500/s burst 1000");
        assert_eq!(RateLimit::from_stored(&limit.to_string()), Some(limit));
        assert_eq!(RateLimit::new("6/m".parse().unwrap(), None).to_string(), "6/m burst 6");
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "/",
            "0/s",
            "500",
            "500/",
            "500/d",
            "500/S",
            "+5/s",
            "-1/s",
            " 5/s",
            "5 /s",
            "1000001/s",
            "1e3/s",
            "5/s/s",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(MalformedRate), "{text}");
        }
        assert!("1000000/h".parse::<Rate>().is_ok());
        for text in ["500/s", "500/s burst", "500/s burst 0", "500/s burst 1000001", "500/s  burst 1"] {
            assert_eq!(RateLimit::from_stored(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_that_another_one_creates_has_its_limits_or_lower_ones() {
        let limits = |read: &str| RateLimits { read: read.parse().ok(), write: None };
        for (asked, issuer, issued) in [
            ("", "5/s", Some("5/s")),
            ("5/s", "", Some("5/s")),
            ("300/m burst 5", "5/s", Some("300/m burst 5")),
            ("301/m burst 5", "5/s", None),
            ("1/h burst 6", "5/s", None),
        ] {
            assert_eq!(limits(asked).issued_under(limits(issuer)), issued.map(limits), "{asked} {issuer}");
        }
    }

    #[test]
    fn replicas_share_a_limit_and_each_has_a_burst_of_one_at_least() {
        let limit = |text| RateLimit::from_stored(text).unwrap();
        let replicas = |number| NonZeroU32::new(number).unwrap();
        assert_eq!(limit("10/s burst 5").share(replicas(1)), Allowance::new(Duration::from_millis(100), 5));
        assert_eq!(limit("10/s burst 5").share(replicas(2)), Allowance::new(Duration::from_millis(200), 2));
        assert_eq!(limit("10/s burst 5").share(replicas(9)), Allowance::new(Duration::from_millis(900), 1));
        assert_eq!(limit("1000000/s burst 1").share(replicas(1)), Allowance::new(Duration::from_micros(1), 1));
    }
}
