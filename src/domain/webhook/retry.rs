//! The retry schedule of deliveries: exponential backoff with jitter.

use std::time::Duration;

use crate::domain::clock::Timestamp;

/// How long a delivery is retried after it was queued.
pub const RETRY_WINDOW: Duration = Duration::from_hours(3 * 24);

/// A failed delivery disables an endpoint that has accepted nothing for this long.
pub const DISABLE_AFTER: Duration = Duration::from_hours(24);

/// The longest pause after the first failure. It doubles with each further failure.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// The limit of the pause.
const LONGEST_PAUSE: Duration = Duration::from_hours(4);

/// When to retry a delivery that has failed `failures` times in a row, last at `now`; `None` from `until` on. The last attempt is at `until`.
/// `jitter` selects the pause between half of it and all of it, so that deliveries that failed together are not retried together.
#[must_use]
pub fn next_attempt(failures: u32, until: Timestamp, now: Timestamp, jitter: u16) -> Option<Timestamp> {
    if now >= until {
        return None;
    }
    let doublings = failures.saturating_sub(1).min(16);
    let longest = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    let pause = longest / 2 + longest / 2 * u32::from(jitter) / u32::from(u16::MAX);
    Some((now + pause).min(until))
}

/// Whether a delivery that fails at `now` disables an endpoint that has accepted nothing since `failing_since`.
#[must_use]
pub fn should_disable(failing_since: Timestamp, now: Timestamp) -> bool {
    now - failing_since >= DISABLE_AFTER
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The times of the attempts of a delivery that always fails at once.
    fn attempts(jitters: impl IntoIterator<Item = u16>) -> Vec<Timestamp> {
        let queued = Timestamp::UNIX_EPOCH;
        let mut moments = vec![queued];
        let mut jitters = jitters.into_iter();
        while let Some(next) = next_attempt(
            u32::try_from(moments.len()).unwrap(),
            queued + RETRY_WINDOW,
            *moments.last().unwrap(),
            jitters.next().unwrap(),
        ) {
            moments.push(next);
        }
        moments
    }

    proptest! {
        #[test]
        fn a_delivery_is_retried_for_three_days_with_growing_pauses(jitters in prop::collection::vec(any::<u16>(), 100)) {
            let moments = attempts(jitters);
            prop_assert!(moments.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(*moments.last().unwrap(), Timestamp::UNIX_EPOCH + RETRY_WINDOW);
            prop_assert!((20..=60).contains(&moments.len()), "{} attempts", moments.len());
            for pair in moments.windows(2) {
                prop_assert!(pair[1] - pair[0] <= LONGEST_PAUSE);
            }
        }

        #[test]
        fn jitter_selects_between_half_and_all_of_a_pause(failures in 1_u32..100, jitter: u16) {
            let now = Timestamp::UNIX_EPOCH;
            let far = now + RETRY_WINDOW;
            let pause = |jitter| next_attempt(failures, far, now, jitter).unwrap() - now;
            let (shortest, longest) = (pause(0), pause(u16::MAX));
            prop_assert_eq!(shortest * 2, longest);
            prop_assert!((shortest..=longest).contains(&pause(jitter)));
        }
    }

    #[test]
    fn pauses_double_up_to_four_hours() {
        let now = Timestamp::UNIX_EPOCH;
        let pause = |failures| next_attempt(failures, now + RETRY_WINDOW, now, u16::MAX).unwrap() - now;
        let seconds: Vec<_> = (1..=13).map(|failures| pause(failures).whole_seconds()).collect();
        assert_eq!(seconds, [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 14_400, 14_400]);
        assert_eq!(pause(u32::MAX).whole_hours(), 4);
    }

    #[test]
    fn an_endpoint_that_has_failed_for_less_than_a_day_is_left_alone() {
        let now = Timestamp::UNIX_EPOCH + RETRY_WINDOW;
        assert!(!should_disable(now - DISABLE_AFTER + Duration::from_secs(1), now));
        assert!(should_disable(now - DISABLE_AFTER, now));
    }
}
