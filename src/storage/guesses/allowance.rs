//! How many look-ups of unknown secrets are admitted: a rate, and a number at once.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::domain::limit::gcra;
use crate::domain::limit::gcra::FullAt;

/// The most look-ups at once: connections that guesses can occupy.
const AT_ONCE: usize = 2;

/// On average, a look-up in 10 ms: 100 a second take about a hundredth of a core of Postgres. After a pause, 100 at once.
const RATE: gcra::Allowance = gcra::Allowance::new(Duration::from_millis(10), 100);

/// How long an admitted look-up waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Admits look-ups.
#[derive(Debug)]
pub(super) struct Allowance {
    permits: Semaphore,
    full_at: Mutex<FullAt>,
}

impl Allowance {
    pub(super) const fn new() -> Self {
        Self { permits: Semaphore::const_new(AT_ONCE), full_at: Mutex::new(None) }
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
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let admitted = RATE.admit(*full_at, now, 1).ok();
        *full_at = admitted.or(*full_at);
        admitted.is_some()
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
