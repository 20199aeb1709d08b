//! Which requests are retried, and after which pause: the rules of the official SDKs.

use std::thread;
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderValue};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(8);
/// A longer `retry-after` is ignored.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// Whether the same request may succeed later.
pub(in crate::cli) fn is_retryable(status: u16, headers: &HeaderMap) -> bool {
    match headers.get("x-should-retry").map(HeaderValue::as_bytes) {
        Some(b"true") => true,
        Some(b"false") => false,
        _ => matches!(status, 408 | 409 | 429 | 500..),
    }
}

/// The pause after attempt number `attempt`, from 0: the one that the answer asks for, else one that doubles up to a limit.
/// `jitter` shortens the latter by up to a quarter, so that clients that failed together do not retry together.
pub(in crate::cli) fn pause(attempt: u32, answer: Option<&HeaderMap>, jitter: u8) -> Duration {
    if let Some(pause) = answer.and_then(retry_after)
        && !pause.is_zero()
        && pause <= MAX_RETRY_AFTER
    {
        return pause;
    }
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempt)).min(MAX_PAUSE);
    pause.saturating_sub(pause * u32::from(jitter) / (4 * 255))
}

/// Waits before the next attempt.
#[expect(clippy::disallowed_methods, reason = "no runtime is running on this thread, which has nothing else to do")]
pub(in crate::cli) fn sleep(pause: Duration) {
    thread::sleep(pause);
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
    fn some_statuses_are_retried_unless_the_server_decides_otherwise() {
        for status in [408, 409, 429, 500, 503, 529] {
            assert!(is_retryable(status, &HeaderMap::new()), "{status}");
            assert!(!is_retryable(status, &headers("x-should-retry", "false")), "{status}");
        }
        for status in [307, 400, 401, 403, 404, 405, 413, 422] {
            assert!(!is_retryable(status, &HeaderMap::new()), "{status}");
            assert!(is_retryable(status, &headers("x-should-retry", "true")), "{status}");
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_its_limit() {
        let after = |name, value| pause(0, Some(&headers(name, value)), 0);
        assert_eq!(after("retry-after", "3"), Duration::from_secs(3));
        assert_eq!(after("retry-after-ms", "250"), Duration::from_millis(250));
        for value in ["0", "-1", "61", "soon", "NaN", "inf"] {
            assert_eq!(after("retry-after", value), FIRST_PAUSE, "{value}");
        }
    }

    #[test]
    fn the_pause_doubles_up_to_a_limit_and_jitter_shortens_it_by_at_most_a_quarter() {
        let pauses = [0, 1, 2, 3, 4, 5, 99].map(|attempt| pause(attempt, None, 0).as_millis());
        assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
        assert_eq!(pause(0, None, 255), Duration::from_millis(375));
    }
}
