//! How many attempts with a wrong secret a client address may make.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::network::client;
use crate::domain::limit::gcra::{Allowance, FullAt};

/// The most clients that are counted apart. The failures of all others count together.
const CLIENTS: usize = 16_384;

/// How often clients are looked for that can be forgotten, at most.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// Counts the failures of client addresses. It keeps at most 16,384 of them, which take about 1 MB.
pub(in crate::http) struct FailureLimiter {
    allowance: Option<Allowance>,
    /// Whether any failure is counted: most requests meet none, and need no lock.
    has_failures: AtomicBool,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    clients: HashMap<u128, Instant>,
    /// Of the clients that are too many.
    others: FullAt,
    swept_at: Option<Instant>,
}

impl FailureLimiter {
    /// Each client may fail within `allowance`; `None`: as often as it likes.
    pub(in crate::http) fn new(allowance: Option<Allowance>) -> Self {
        Self { allowance, has_failures: AtomicBool::new(false), failures: Mutex::default() }
    }

    /// After how long the client at `address` may fail again; `None`: it may. Before the first failure the address is not asked for.
    pub(in crate::http) fn exhausted(&self, address: impl FnOnce() -> IpAddr, now: Instant) -> Option<Duration> {
        let allowance = self.allowance.filter(|_| self.has_failures.load(Ordering::Relaxed))?;
        let client = client(address());
        let failures = self.failures();
        let full_at = failures.clients.get(&client).copied().or_else(|| failures.others_if_full());
        allowance.admit(full_at, now, 1).err()
    }

    /// Counts a failure of the client at `address`.
    ///
    /// # Errors
    /// After how long it may fail again; the failure does not count then.
    pub(in crate::http) fn count(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let Some(allowance) = self.allowance else { return Ok(()) };
        self.has_failures.store(true, Ordering::Relaxed);
        let mut failures = self.failures();
        let client = client(address);
        failures.make_room(client, now);
        let is_apart = failures.clients.contains_key(&client) || failures.clients.len() < CLIENTS;
        let before = if is_apart { failures.clients.get(&client).copied() } else { failures.others };
        let full_at = allowance.admit(before, now, 1)?;
        if is_apart {
            failures.clients.insert(client, full_at);
        } else {
            failures.others = Some(full_at);
        }
        Ok(())
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        // No holder of the lock can panic half-way.
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failures {
    fn others_if_full(&self) -> FullAt {
        self.others.filter(|_| self.clients.len() >= CLIENTS)
    }

    /// Forgets clients whose failures are over, if `client` is one too many.
    fn make_room(&mut self, client: u128, now: Instant) {
        let is_due = self.swept_at.is_none_or(|swept_at| now.duration_since(swept_at) >= SWEEP_PAUSE);
        if self.clients.len() >= CLIENTS && is_due && !self.clients.contains_key(&client) {
            self.clients.retain(|_, full_at| *full_at > now);
            self.swept_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(number: usize) -> IpAddr {
        Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into()
    }

    #[test]
    fn a_client_that_fails_too_often_waits_and_others_do_not() {
        let (limiter, now) = (FailureLimiter::new(Some(Allowance::new(SECOND, 2))), Instant::now());
        assert_eq!(limiter.exhausted(|| address(1), now), None);
        for _ in 0..2 {
            assert_eq!(limiter.count(address(1), now), Ok(()));
        }
        assert_eq!(limiter.count(address(1), now), Err(SECOND));
        assert_eq!(limiter.exhausted(|| address(1), now), Some(SECOND));
        assert_eq!((limiter.exhausted(|| address(2), now), limiter.count(address(2), now)), (None, Ok(())));
        assert_eq!(limiter.exhausted(|| address(1), now + SECOND), None);
    }

    #[test]
    fn clients_beyond_a_fixed_number_count_together_until_there_is_room() {
        let (limiter, now) = (FailureLimiter::new(Some(Allowance::new(SECOND, 2))), Instant::now());
        for number in 0..CLIENTS {
            limiter.count(address(number), now).unwrap();
        }
        let late = |number| limiter.count(address(CLIENTS + number), now);
        assert_eq!([late(1), late(2), late(3)], [Ok(()), Ok(()), Err(SECOND)]);
        assert_eq!(limiter.exhausted(|| address(CLIENTS + 4), now), Some(SECOND));
        // Those that were counted apart still are.
        assert_eq!(limiter.count(address(7), now), Ok(()));
        assert_eq!(limiter.failures().clients.len(), CLIENTS);
        assert_eq!(limiter.count(address(CLIENTS + 1), now + 2 * SECOND), Ok(()));
        assert_eq!(limiter.failures().clients.len(), 1);
    }

    #[test]
    fn without_an_allowance_nothing_is_counted() {
        let (limiter, now) = (FailureLimiter::new(None), Instant::now());
        assert!((0..1_000).all(|_| limiter.count(address(1), now).is_ok()));
        assert!(limiter.exhausted(|| address(1), now).is_none() && limiter.failures().clients.is_empty());
    }
}
