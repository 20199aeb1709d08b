//! The generic cell rate algorithm: requests at a steady rate, and bursts of a bounded size.
//!
//! The whole state is one moment: when the burst will be available in full again. A request moves it later by the interval of the rate, and is
//! refused if that would be further ahead than the burst is long. `docs/decisions/0028-own-rate-limiter.md` says why this is no crate.

use std::time::{Duration, Instant};

/// A rate, and how far requests may be ahead of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    interval: Duration,
    burst: u32,
}

/// When an allowance will be available in full; `None`: it is.
pub type FullAt = Option<Instant>;

impl Allowance {
    /// One request in each `interval`, which is longer than zero, and a `burst` of at least one.
    #[must_use]
    pub const fn new(interval: Duration, burst: u32) -> Self {
        Self { interval, burst }
    }

    /// The most requests at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst
    }

    /// Admits a request of `cost` at `now`, and answers the new state. A cost of more than the burst is admitted when the burst is available in
    /// full, and takes what it lacks from the requests that follow: it would never be admitted otherwise.
    ///
    /// # Errors
    /// After how long the request would be admitted if no other came. The state does not change.
    pub fn admit(&self, full_at: FullAt, now: Instant, cost: u32) -> Result<Instant, Duration> {
        let debt = Self::debt(full_at, now);
        let needed = debt.saturating_add(self.time(cost.min(self.burst)));
        let excess = needed.saturating_sub(self.time(self.burst));
        if excess.is_zero() { Ok(now + debt + self.time(cost)) } else { Err(excess) }
    }

    /// The state without a request of `cost` that was admitted.
    #[must_use]
    pub fn without(&self, full_at: FullAt, cost: u32) -> FullAt {
        full_at.and_then(|full_at| full_at.checked_sub(self.time(cost)))
    }

    /// The state under this allowance of what `before` has admitted: the same number of requests, and no more than the burst.
    #[must_use]
    pub fn adopt(&self, before: &Self, full_at: FullAt, now: Instant) -> FullAt {
        let requests = Self::debt(full_at, now).as_nanos().div_ceil(before.interval.as_nanos().max(1));
        let requests = u32::try_from(requests).unwrap_or(u32::MAX).min(self.burst);
        (requests > 0).then(|| now + self.time(requests))
    }

    /// How many requests would be admitted at `now`.
    #[must_use]
    pub fn remaining(&self, full_at: FullAt, now: Instant) -> u32 {
        let free = self.time(self.burst).saturating_sub(Self::debt(full_at, now));
        u32::try_from(free.as_nanos() / self.interval.as_nanos().max(1)).unwrap_or(u32::MAX)
    }

    /// After how long the burst is available in full.
    #[must_use]
    pub fn debt(full_at: FullAt, now: Instant) -> Duration {
        full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now))
    }

    /// The time in which `cost` requests come at the rate.
    fn time(&self, cost: u32) -> Duration {
        self.interval.saturating_mul(cost)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let (allowance, start) = (Allowance::new(SECOND, 3), Instant::now());
        let mut state = None;
        for remaining in [2, 1, 0] {
            state = Some(allowance.admit(state, start, 1).unwrap());
            assert_eq!(allowance.remaining(state, start), remaining);
        }
        assert_eq!(allowance.admit(state, start, 1), Err(SECOND));
        assert_eq!(allowance.admit(state, start + SECOND / 4, 1), Err(SECOND * 3 / 4));
        assert_eq!(allowance.admit(state, start + SECOND, 1), Ok(start + 4 * SECOND));
        assert_eq!(allowance.remaining(state, start + 10 * SECOND), 3);
    }

    #[test]
    fn a_cost_above_the_burst_waits_for_all_of_it_and_is_paid_later() {
        let (allowance, start) = (Allowance::new(SECOND, 3), Instant::now());
        let one = allowance.admit(None, start, 1).unwrap();
        assert_eq!(allowance.admit(Some(one), start, 10), Err(SECOND));
        let state = allowance.admit(Some(one), start + SECOND, 10).unwrap();
        assert_eq!(allowance.admit(Some(state), start + SECOND, 1), Err(8 * SECOND));
        assert_eq!(allowance.remaining(Some(state), start + SECOND), 0);
    }

    #[test]
    fn a_changed_allowance_takes_over_what_was_admitted_up_to_its_burst() {
        let start = Instant::now();
        let (hourly, quick) = (Allowance::new(3_600 * SECOND, 3), Allowance::new(SECOND, 2));
        let two = hourly.admit(None, start, 2).ok();
        let three = hourly.admit(two, start, 1).ok();
        assert_eq!(quick.adopt(&hourly, three, start), Some(start + 2 * SECOND));
        assert_eq!(hourly.remaining(hourly.adopt(&quick, Some(start + SECOND), start), start), 2);
        assert_eq!(quick.adopt(&hourly, Some(start), start), None);
    }

    #[test]
    fn a_request_that_is_taken_back_has_cost_nothing() {
        let (allowance, start) = (Allowance::new(SECOND, 3), Instant::now());
        let state = allowance.admit(None, start, 1).ok();
        assert_eq!(allowance.remaining(allowance.without(state, 1), start), 3);
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_its_rate_and_a_burst(
            burst in 1_u32..20,
            pauses in prop::collection::vec((0_u32..4_000, 1_u32..4), 1..200),
        ) {
            let (allowance, start) = (Allowance::new(SECOND, burst), Instant::now());
            let (mut state, mut now, mut admitted) = (None, start, Vec::new());
            for (milliseconds, cost) in pauses {
                now += Duration::from_millis(milliseconds.into());
                if let Ok(next) = allowance.admit(state, now, cost.min(burst)) {
                    state = Some(next);
                    admitted.push((now, cost.min(burst)));
                }
            }
            for (index, (from, _)) in admitted.iter().enumerate() {
                let mut sum = 0;
                for (at, cost) in &admitted[index..] {
                    sum += cost;
                    prop_assert!(Duration::from_secs(sum.into()) <= SECOND * burst + at.duration_since(*from));
                }
            }
        }
    }
}
