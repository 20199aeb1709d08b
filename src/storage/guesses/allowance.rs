//! How many look-ups of unknown secrets are admitted: a rate, and a number at once. Too little for a dependency of its own.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The most look-ups at once: connections that guesses can occupy.
const AT_ONCE: usize = 2;

/// On average, one look-up in this time: 100 a second take about a hundredth of a core of Postgres.
const INTERVAL: Duration = Duration::from_millis(10);

/// How many look-ups may come before their time: after a pause, 100 at once.
const BURST: u32 = 100;

/// How long an admitted look-up waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Admits look-ups.
#[derive(Debug)]
pub(super) struct Allowance {
    permits: Semaphore,
    /// When the next look-up would come if all came at the average rate.
    next: Mutex<Option<Instant>>,
}

impl Allowance {
    pub(super) const fn new() -> Self {
        Self { permits: Semaphore::const_new(AT_ONCE), next: Mutex::new(None) }
    }

    /// A permit for one look-up, once its turn comes; `None` if the rate is exceeded or its turn does not come in time.
    pub(super) async fn admit(&self) -> Option<SemaphorePermit<'_>> {
        if !self.is_within_rate(Instant::now()) {
            return None;
        }
        timeout(MAX_WAIT, self.permits.acquire()).await.ok()?.ok()
    }

    /// Counts a look-up `now`, unless it exceeds the rate.
    fn is_within_rate(&self, now: Instant) -> bool {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let due = next.map_or(now, |next| next.max(now));
        let admitted = due.duration_since(now) < INTERVAL * BURST;
        if admitted {
            *next = Some(due + INTERVAL);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        let (allowance, start) = (Allowance::new(), Instant::now());
        let admitted = |at: Instant| (0..1_000).filter(|_| allowance.is_within_rate(at)).count();
        assert_eq!(admitted(start), 100);
        assert_eq!(admitted(start + Duration::from_millis(50)), 5);
        assert_eq!(admitted(start + Duration::from_mins(1)), 100);
    }
}
