//! Limits the look-ups of secrets that this process does not know to exist.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::SemaphorePermit;

use super::allowance::Allowance;
use super::known_secrets::{CAPACITY, KnownSecrets};
use crate::domain::{Error, ErrorKind, Result};
use crate::metrics::{Counter, Registry};

/// How often refusals are logged, at most.
const REPORT_PAUSE: Duration = Duration::from_secs(10);

/// Admits look-ups by the hash of a secret: of known ones always, of others as the allowance allows.
#[derive(Debug)]
pub(in crate::storage) struct GuessLimit {
    known: RwLock<KnownSecrets>,
    /// Until it is known which secrets exist, all look-ups are admitted.
    applies: AtomicBool,
    allowance: Allowance,
    /// What the secrets are, for the log.
    secrets: &'static str,
    refusals: Counter,
    report: RefusalReport,
}

/// When refusals are logged: one line for many, since a stranger decides how many there are.
#[derive(Debug, Default)]
struct RefusalReport(Mutex<Option<Instant>>);

impl RefusalReport {
    /// Whether a line is due `now`.
    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last) >= REPORT_PAUSE);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

impl GuessLimit {
    /// The most secrets that are known.
    pub(in crate::storage) const CAPACITY: usize = CAPACITY;

    /// A limit on look-ups of `secrets` that applies once [`know_all`](Self::know_all) is called; it counts refusals in the counter `name`.
    pub(in crate::storage) fn new(registry: &Registry, name: &'static str, secrets: &'static str) -> Self {
        let help = "Look-ups of unknown secrets that were refused, since too many were tried";
        Self {
            known: RwLock::default(),
            applies: AtomicBool::new(false),
            allowance: Allowance::new(),
            secrets,
            refusals: registry.register(name, help, Counter::default()),
            report: RefusalReport::default(),
        }
    }

    /// Knows of these secrets, beside those of which it knows already; others are limited from now on.
    pub(in crate::storage) fn know_all(&self, hashes: impl IntoIterator<Item = [u8; 32]>) {
        for hash in hashes {
            self.know(&hash);
        }
        self.applies.store(true, Ordering::Relaxed);
    }

    /// Knows of one more secret.
    pub(in crate::storage) fn know(&self, hash: &[u8; 32]) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).add(hash);
    }

    /// The secret does not exist, or no longer.
    pub(in crate::storage) fn forget(&self, hash: &[u8; 32]) {
        if self.is_known(hash) {
            self.known.write().unwrap_or_else(PoisonError::into_inner).remove(hash);
        }
    }

    /// Admits a look-up, which holds what is returned meanwhile.
    ///
    /// # Errors
    /// `Throttled` if the secret is unknown and the allowance is used up.
    pub(in crate::storage) async fn admit(&self, hash: &[u8; 32]) -> Result<Option<SemaphorePermit<'_>>> {
        if self.may_exist(hash) {
            return Ok(None);
        }
        let permit = self.allowance.admit().await;
        if permit.is_none() {
            self.refusals.inc();
            if self.report.is_due(Instant::now()) {
                tracing::warn!(
                    guesses.refused = self.refusals.get(),
                    "unknown {} refused: too many are tried; those that exist are not affected",
                    self.secrets
                );
            }
            return Err(Error::new(ErrorKind::Throttled, "Too many unknown credentials are tried; retry later"));
        }
        Ok(permit)
    }

    /// The number of known secrets, 0 until the limit applies.
    pub(in crate::storage) fn known(&self) -> u64 {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).len();
        if self.applies.load(Ordering::Relaxed) { u64::try_from(known).unwrap_or(u64::MAX) } else { 0 }
    }

    /// Whether the secret may exist: it is known, or not all are known yet.
    pub(in crate::storage) fn may_exist(&self, hash: &[u8; 32]) -> bool {
        !self.applies.load(Ordering::Relaxed) || self.is_known(hash)
    }

    fn is_known(&self, hash: &[u8; 32]) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).contains(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_logged_at_most_every_ten_seconds() {
        let (report, start) = (RefusalReport::default(), Instant::now());
        let seconds = [0.0, 0.1, 9.9, 10.0, 10.1, 30.0].map(Duration::from_secs_f64);
        let due = seconds.map(|after| report.is_due(start + after));
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
