//! Turns of batches while other organizations are served.
//!
//! The transaction of a batch keeps a core of Postgres busy for tens of milliseconds, and its commit the disk. An organization that is alone may
//! use all of that. While other organizations send single requests, one batch runs at a time, of one organization after the other, and none
//! for as long after it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::id::OrganizationId;
use crate::domain::{Error, ErrorKind, Result};
use crate::shares::{OrganizationShares, SharePermit};

/// The name of the operation that takes turns. Requests of all others are single ones.
pub(in crate::http) const OPERATION: &str = "batch_user_profiles";

/// For how long an organization counts as one that is being served after a single request.
const RECENT: Duration = Duration::from_secs(1);

/// How long a batch waits for its turn before it is refused.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long there is no batch after one, as a multiple of the time that it took.
const PAUSE: u32 = 1;

/// The turns of the batches of one process.
pub(in crate::http) struct BatchTurns {
    /// The two organizations that were served last, and when.
    served: Mutex<[Option<(OrganizationId, Instant)>; 2]>,
    turn: Semaphore,
    /// Each organization waits with one batch, so that its others do not queue before those of other organizations.
    shares: OrganizationShares,
    /// When the next batch may start.
    next: Mutex<Option<Instant>>,
}

/// The turn of a batch, until this is dropped.
pub(in crate::http) struct BatchTurn<'t> {
    turns: &'t BatchTurns,
    began: Instant,
    // Given back after the time of the next batch is known: fields are dropped after the value's own `drop`.
    _turn: SemaphorePermit<'t>,
    _share: SharePermit,
}

impl BatchTurns {
    pub(in crate::http) fn new() -> Self {
        Self {
            served: Mutex::default(),
            turn: Semaphore::new(1),
            shares: OrganizationShares::new(1),
            next: Mutex::default(),
        }
    }

    /// Notes a single request of `organization`.
    pub(in crate::http) fn note_single(&self, organization: OrganizationId, now: Instant) {
        let mut served = locked(&self.served);
        match &mut served[0] {
            Some((last, at)) if *last == organization => *at = now,
            last => {
                let before = last.replace((organization, now));
                served[1] = before;
            }
        }
    }

    /// Waits for the turn of a batch of `organization`; `None` if no other organization is being served.
    ///
    /// # Errors
    /// `Unavailable` if that took too long.
    pub(in crate::http) async fn take(&self, organization: OrganizationId) -> Result<Option<BatchTurn<'_>>> {
        if !self.are_others_served(organization, Instant::now()) {
            return Ok(None);
        }
        let taking = async {
            let share = self.shares.acquire(organization).await;
            let turn = self.turn.acquire().await.map_err(Error::internal)?;
            let next = *locked(&self.next);
            if let Some(next) = next {
                tokio::time::sleep_until(next.into()).await;
            }
            Ok(BatchTurn { turns: self, began: Instant::now(), _turn: turn, _share: share })
        };
        let refused = || Error::new(ErrorKind::Unavailable, "The service has more batches than it can serve");
        tokio::time::timeout(MAX_WAIT, taking).await.map_err(|elapsed| refused().caused_by(elapsed))?.map(Some)
    }

    fn are_others_served(&self, organization: OrganizationId, now: Instant) -> bool {
        let served = locked(&self.served);
        let is_other = |(other, at): &(OrganizationId, Instant)| {
            *other != organization && now.saturating_duration_since(*at) < RECENT
        };
        served.iter().flatten().any(is_other)
    }
}

impl Drop for BatchTurn<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        *locked(&self.turns.next) = Some(now + now.saturating_duration_since(self.began) * PAUSE);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No holder of the lock can panic half-way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::shares::tests::now_or_never;

    fn organizations<const N: usize>() -> [OrganizationId; N] {
        std::array::from_fn(|number| OrganizationId::new(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn batches_of_an_organization_that_is_alone_run_at_once() {
        let turns = BatchTurns::new();
        let [one, other] = organizations();
        let past = Instant::now().checked_sub(RECENT).unwrap();
        turns.note_single(other, past);
        turns.note_single(one, Instant::now());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        for _ in 0..3 {
            assert!(now_or_never(turns.take(one)).unwrap().unwrap().is_none());
        }
    }

    #[test]
    fn while_others_are_served_batches_run_one_at_a_time_and_pause() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let turns = BatchTurns::new();
        let [one, other, third] = organizations();
        for organization in [one, other, one, third, one] {
            turns.note_single(organization, Instant::now());
        }
        runtime.block_on(async {
            let first = turns.take(one).await.unwrap().unwrap();
            assert!(now_or_never(turns.take(one)).is_none() && now_or_never(turns.take(other)).is_none());
            let began = first.began;
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(first);
            let took = began.elapsed();
            let next = turns.take(other).await.unwrap().unwrap();
            assert!(next.began.duration_since(began) >= Duration::from_millis(40).min(took * 2));
        });
    }
}
