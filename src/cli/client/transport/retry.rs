//! What is worth another attempt, and after how long: as the official SDKs do it.

use std::time::Duration;

use ureq::http::{HeaderMap, HeaderValue};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// A longer `retry-after` than this is ignored; the client waits its own pause instead.
const LONGEST_ASKED: Duration = Duration::from_mins(1);

/// Whether an answer says that the same request may succeed later.
pub(in crate::cli) fn is_worthwhile(status: u16, headers: &HeaderMap) -> bool {
    match headers.get("x-should-retry").map(HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => matches!(status, 408 | 409 | 429 | 500..),
    }
}

/// The pause after attempt number `attempt`, from 0: what the answer asks for, or our own, which doubles. `chance` shortens
/// our own by up to a quarter, so that clients which failed together do not come back together.
pub(in crate::cli) fn pause(attempt: u32, answer: Option<&HeaderMap>, chance: u8) -> Duration {
    if let Some(asked) = answer.and_then(asked)
        && !asked.is_zero()
        && asked <= LONGEST_ASKED
    {
        return asked;
    }
    let own = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST_PAUSE);
    own.saturating_sub(own * u32::from(chance) / (4 * 255))
}

fn asked(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds =
        number("retry-after-ms").map(|milliseconds| milliseconds / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn another_attempt_is_made_where_it_may_help_unless_the_server_says_otherwise() {
        for status in [408, 409, 429, 500, 503, 529] {
            assert!(is_worthwhile(status, &HeaderMap::new()), "{status}");
            assert!(!is_worthwhile(status, &headers("x-should-retry", "false")), "{status}");
        }
        for status in [307, 400, 401, 403, 404, 405, 413, 422] {
            assert!(!is_worthwhile(status, &HeaderMap::new()), "{status}");
            assert!(is_worthwhile(status, &headers("x-should-retry", "true")), "{status}");
        }
    }

    #[test]
    fn the_server_is_given_the_time_that_it_asks_for_within_reason() {
        let after = |name, value| pause(0, Some(&headers(name, value)), 0);
        assert_eq!(after("retry-after", "3"), Duration::from_secs(3));
        assert_eq!(after("retry-after-ms", "250"), Duration::from_millis(250));
        for value in ["0", "-1", "61", "soon", "NaN", "inf"] {
            assert_eq!(after("retry-after", value), FIRST_PAUSE, "{value}");
        }
    }

    #[test]
    fn our_own_pause_doubles_to_a_limit_and_is_shortened_by_a_quarter_at_most() {
        let pauses = [0, 1, 2, 3, 4, 5, 99].map(|attempt| pause(attempt, None, 0).as_millis());
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(pause(0, None, 255), Duration::from_millis(375));
    }
}
