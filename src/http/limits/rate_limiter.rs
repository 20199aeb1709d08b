//! The rate limits of organizations and API keys, as one replica counts them: in memory, by its share of each limit.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::credential::api_key::Credential;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::limit::gcra::Allowance;
use crate::domain::limit::rate_limit::{AccessKind, RateLimit};

/// From how many states on those are looked for that can be forgotten.
const SWEPT_STATES: usize = 1_024;

/// What a rate limit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum LimitHolder {
    /// All keys of an organization together.
    Organization,
    /// One key.
    Key,
}

/// Admits requests within the limits of their organization and of their key.
pub(in crate::http) struct RateLimiter {
    states: Mutex<States>,
    /// The replicas that run, this one included; at least one.
    replicas: AtomicU32,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct LimitStanding {
    /// The most requests at once.
    pub(in crate::http) limit: u32,
    /// How many would be admitted now.
    pub(in crate::http) remaining: u32,
    /// After how long as many as possible would be.
    pub(in crate::http) full_in: Duration,
}

/// A request that exceeds a limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct LimitExcess {
    /// Whose limit.
    pub(in crate::http) holder: LimitHolder,
    /// The limit of all replicas together.
    pub(in crate::http) limit: RateLimit,
    pub(in crate::http) standing: LimitStanding,
    /// After how long the request would be admitted.
    pub(in crate::http) retry_in: Duration,
}

/// Requests of a kind, of an organization or a key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum StateKey {
    Organization(OrganizationId, AccessKind),
    Key(ApiKeyId, AccessKind),
}

/// The states of limits. One that is available in full says nothing and can be forgotten.
struct States {
    full_at: HashMap<StateKey, (Allowance, Instant)>,
    sweep_at: usize,
}

impl Default for RateLimiter {
    fn default() -> Self {
        let states = States { full_at: HashMap::new(), sweep_at: SWEPT_STATES };
        Self { states: Mutex::new(states), replicas: AtomicU32::new(1) }
    }
}

impl RateLimiter {
    /// From now on each limit is shared by this many replicas.
    pub(in crate::http) fn set_replicas(&self, number: NonZeroU32) {
        self.replicas.store(number.get(), Ordering::Relaxed);
    }

    /// The number of replicas that share limits.
    pub(in crate::http) fn replicas(&self) -> NonZeroU32 {
        NonZeroU32::new(self.replicas.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN)
    }

    /// Admits a request of `credential` that costs `cost`, and in place of `paid`, which it was admitted for before. Answers what is left of the
    /// tighter limit; `None` without limits.
    ///
    /// # Errors
    /// The limit that it exceeds; of two, the one that takes longer. The request has cost nothing then, nor what was paid before.
    pub(in crate::http) fn admit(
        &self,
        credential: &Credential,
        kind: AccessKind,
        (paid, cost): (u32, u32),
        now: Instant,
    ) -> Result<Option<LimitStanding>, LimitExcess> {
        let (organization, key) = (credential.organization_limits.of(kind), credential.key.rate_limits.of(kind));
        if organization.is_none() && key.is_none() {
            return Ok(None);
        }
        let organization = organization.map(|limit| {
            (LimitHolder::Organization, StateKey::Organization(credential.key.organization_id, kind), limit)
        });
        let key = key.map(|limit| (LimitHolder::Key, StateKey::Key(credential.key.id, kind), limit));
        let replicas = self.replicas();
        // No holder of the lock can panic half-way.
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tightest: Option<LimitStanding> = None;
        let mut longest: Option<LimitExcess> = None;
        let mut admitted = Vec::with_capacity(2);
        for (holder, state, limit) in [organization, key].into_iter().flatten() {
            let allowance = limit.share(replicas);
            let before = states.take_back(state, allowance, paid, now);
            match allowance.admit(before, now, cost) {
                Ok(full_at) => {
                    let standing = LimitStanding::of(allowance, Some(full_at), now);
                    admitted.push((state, (allowance, full_at)));
                    if tightest.is_none_or(|tightest| standing.is_tighter_than(&tightest)) {
                        tightest = Some(standing);
                    }
                }
                Err(retry_in) => {
                    let standing = LimitStanding::of(allowance, before, now);
                    if longest.is_none_or(|longest| retry_in > longest.retry_in) {
                        longest = Some(LimitExcess { holder, limit, standing, retry_in });
                    }
                }
            }
        }
        if let Some(excess) = longest {
            return Err(excess);
        }
        states.store(admitted, now);
        Ok(tightest)
    }
}

impl States {
    /// When `allowance` is available in full, without the `paid` requests of before.
    fn take_back(&mut self, key: StateKey, allowance: Allowance, paid: u32, now: Instant) -> Option<Instant> {
        let (before, full_at) = self.full_at.get(&key).copied()?;
        let full_at = if before == allowance { Some(full_at) } else { allowance.adopt(&before, Some(full_at), now) };
        if paid == 0 {
            return full_at;
        }
        let full_at = allowance.without(full_at, paid)?;
        self.full_at.insert(key, (allowance, full_at));
        Some(full_at)
    }

    fn store(&mut self, admitted: Vec<(StateKey, (Allowance, Instant))>, now: Instant) {
        if self.full_at.len() >= self.sweep_at {
            self.full_at.retain(|_, (_, full_at)| *full_at > now);
            self.sweep_at = SWEPT_STATES.max(2 * self.full_at.len());
        }
        self.full_at.extend(admitted);
    }
}

impl LimitStanding {
    fn of(allowance: Allowance, full_at: Option<Instant>, now: Instant) -> Self {
        Self {
            limit: allowance.burst(),
            remaining: allowance.remaining(full_at, now),
            full_in: Allowance::debt(full_at, now),
        }
    }

    fn is_tighter_than(&self, other: &Self) -> bool {
        (self.remaining, other.full_in) < (other.remaining, self.full_in)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::credential::api_key::ApiKey;
    use crate::domain::limit::quota::Quotas;
    use crate::domain::limit::rate_limit::RateLimits;

    fn credential(number: u128, organization: &str, key: &str) -> Credential {
        let limits = |text: &str| RateLimits { read: text.parse().ok(), write: None };
        Credential {
            key: ApiKey {
                id: ApiKeyId::new(Uuid::from_u128(number)),
                organization_id: OrganizationId::new(Uuid::nil()),
                last_four: String::new(),
                scopes: Vec::new(),
                workspace_id: None,
                created_at: time::OffsetDateTime::UNIX_EPOCH,
                expires_at: None,
                revoked_at: None,
                rate_limits: limits(key),
            },
            default_version: String::new(),
            organization_limits: limits(organization),
            quotas: Quotas::default(),
        }
    }

    const ONE: (u32, u32) = (0, 1);

    #[test]
    fn a_request_that_one_limit_refuses_costs_nothing_of_the_other() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        let [narrow, wide] = [credential(1, "1/h burst 3", "1/h burst 1"), credential(2, "1/h burst 3", "")];
        let remaining =
            |of: &Credential| limiter.admit(of, AccessKind::Read, ONE, now).map(|left| left.unwrap().remaining);
        assert_eq!(remaining(&narrow).unwrap(), 0);
        for _ in 0..9 {
            assert_eq!(remaining(&narrow).unwrap_err().holder, LimitHolder::Key);
        }
        assert_eq!(remaining(&wide).unwrap(), 1);
        assert_eq!(remaining(&wide).unwrap(), 0);
        assert_eq!(remaining(&wide).unwrap_err().holder, LimitHolder::Organization);
        assert!(limiter.admit(&wide, AccessKind::Write, ONE, now).unwrap().is_none());
    }

    #[test]
    fn what_was_paid_is_taken_back_also_from_a_request_that_costs_too_much() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        let caller = credential(1, "1/h burst 3", "");
        let admit = |costs| limiter.admit(&caller, AccessKind::Read, costs, now).map(|left| left.unwrap().remaining);
        assert_eq!(admit(ONE).unwrap(), 2);
        assert_eq!(admit((1, 2)).unwrap(), 1);
        assert_eq!(admit(ONE).unwrap(), 0);
        assert!(admit((1, 3)).is_err());
        assert_eq!(admit(ONE).unwrap(), 0);
    }

    #[test]
    fn a_raised_limit_applies_at_once() {
        let (limiter, now) = (RateLimiter::default(), Instant::now());
        let admit = |limit| limiter.admit(&credential(1, limit, ""), AccessKind::Read, ONE, now);
        assert!(admit("1/h").is_ok());
        assert!(admit("1/h").is_err());
        assert!(admit("10/s").is_ok());
        limiter.set_replicas(NonZeroU32::new(10).unwrap());
        assert!(admit("10/s").is_err());
    }

    #[test]
    fn states_that_say_nothing_are_forgotten() {
        let (limiter, start) = (RateLimiter::default(), Instant::now());
        for number in 0..100_000 {
            let now = start + Duration::from_millis(number);
            limiter.admit(&credential(number.into(), "", "1/s"), AccessKind::Read, ONE, now).unwrap();
        }
        assert!(limiter.states.lock().unwrap().full_at.len() < 5_000);
    }
}
