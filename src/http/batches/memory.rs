//! The memory of batches: bounded for each organization and in total, and taken before a body is read.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::OrganizationId;
use crate::domain::profile::batch::MAX_WRITES;
use crate::domain::{Error, ErrorKind};
use crate::shares::{OrganizationShares, SharePermit};

/// How long a batch waits for memory before it is refused.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// How many batches of an organization, and of all, may wait for memory. Each holds about 350 KB, which its connection has read ahead.
const WAITING_OF_ONE: usize = 16;
const WAITING_OF_ALL: usize = 64;

/// A batch holds its body, the values that were read from it, and its answer; each is about as large.
const COPIES: usize = 3;

/// What a request of a batch takes beside its texts: its values are read into structures, and its answer has fields that it had not. In bytes.
const REQUEST_BYTES: usize = 3 * 1024;

/// What the answer may have beyond the body, for each request. In bytes.
pub(super) const ANSWER_BYTES: usize = 1024;

/// The shortest request of a batch, `{"custom_id":"","params":{}}`, in bytes.
const SHORTEST_REQUEST: usize = 28;

/// How many organizations can each run their largest batch at once.
const LARGEST_BATCHES: usize = 2;

/// What a permit of the semaphores stands for, in bytes.
const PLACE_BYTES: usize = 1024;

/// The memory of all batches. An organization takes at most what its largest batch needs.
pub(in crate::http) struct BatchMemory {
    total: Arc<Semaphore>,
    shares: OrganizationShares,
    waiting: Semaphore,
    waiting_shares: OrganizationShares,
}

/// Memory that a batch has taken, until it is dropped.
pub(in crate::http) struct MemoryPermit {
    total: OwnedSemaphorePermit,
    share: SharePermit,
}

impl BatchMemory {
    /// For batches whose bodies have at most `max_body_bytes`.
    pub(in crate::http) fn new(max_body_bytes: usize) -> Self {
        // The profiles of updates may have as many bytes as the answer, each held as itself and in the answer.
        let largest = places(needed(max_body_bytes) + 2 * MAX_WRITES * ANSWER_BYTES);
        Self {
            total: Arc::new(Semaphore::new(largest.saturating_mul(LARGEST_BATCHES).min(Semaphore::MAX_PERMITS))),
            shares: OrganizationShares::new(largest.min(Semaphore::MAX_PERMITS)),
            waiting: Semaphore::new(WAITING_OF_ALL),
            waiting_shares: OrganizationShares::new(WAITING_OF_ONE),
        }
    }

    /// Takes what a batch with a body of `body_bytes` needs; waits for the batches before it.
    ///
    /// # Errors
    /// `Unavailable` if that took too long, or too many wait.
    pub(in crate::http) async fn take(
        &self,
        organization: OrganizationId,
        body_bytes: usize,
    ) -> Result<MemoryPermit, Error> {
        let places = u32::try_from(places(needed(body_bytes))).map_err(Error::internal)?;
        let _share = self.waiting_shares.try_acquire(organization).ok_or_else(exhausted)?;
        let _turn = self.waiting.try_acquire().map_err(|_| exhausted())?;
        let taking = async {
            // The organization's own share first, so that its batches do not queue before those of others.
            let share = self.shares.acquire_many(organization, places).await;
            let total = Arc::clone(&self.total).acquire_many_owned(places).await.map_err(Error::internal)?;
            Ok(MemoryPermit { total, share })
        };
        tokio::time::timeout(MAX_WAIT, taking).await.map_err(|elapsed| exhausted().caused_by(elapsed))?
    }
}

impl MemoryPermit {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// `Unavailable` if they are not free now.
    pub(in crate::http) fn extend(&mut self, bytes: usize) -> Result<(), Error> {
        let more = places(bytes);
        let total = Arc::clone(self.total.semaphore());
        let taken = u32::try_from(more).ok().and_then(|more| total.try_acquire_many_owned(more).ok());
        let taken = taken.ok_or_else(exhausted)?;
        // What is left of the share is taken even if it is too little: the batch fails, and gives everything back.
        if self.share.extend(more) < more {
            return Err(exhausted());
        }
        self.total.merge(taken);
        Ok(())
    }

    /// Gives back all but `bytes`.
    pub(in crate::http) fn shrink_to(&mut self, bytes: usize) {
        let places = places(bytes);
        drop(self.total.split(self.total.num_permits().saturating_sub(places)));
        self.share.shrink_to(places);
    }
}

/// What a batch with a body of `body_bytes` needs, if its answer is not much larger.
fn needed(body_bytes: usize) -> usize {
    let requests = (body_bytes / SHORTEST_REQUEST + 1).min(MAX_WRITES);
    body_bytes.saturating_mul(COPIES).saturating_add(requests * REQUEST_BYTES)
}

fn places(bytes: usize) -> usize {
    bytes.div_ceil(PLACE_BYTES)
}

fn exhausted() -> Error {
    Error::new(ErrorKind::Unavailable, "The service has more batches than it can serve")
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use uuid::Uuid;

    use super::*;
    use crate::shares::tests::now_or_never;

    const BODY: usize = 8 * 1024 * 1024;

    /// What is taken without waiting.
    fn taken(memory: &BatchMemory, organization: u128, body_bytes: usize) -> Option<MemoryPermit> {
        let organization = OrganizationId::new(Uuid::from_u128(organization));
        now_or_never(memory.take(organization, body_bytes)).map(Result::unwrap)
    }

    #[test]
    fn an_organization_has_its_largest_batch_at_once_and_the_service_two() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        let memory = BatchMemory::new(BODY);
        let [mut first, mut second] = [1, 2].map(|organization| taken(&memory, organization, BODY).unwrap());
        for permit in [&mut first, &mut second] {
            permit.extend(2 * MAX_WRITES * ANSWER_BYTES).unwrap();
            assert_eq!(permit.extend(1).unwrap_err().kind, ErrorKind::Unavailable);
        }
        assert!(taken(&memory, 1, 1).is_none());
        assert!(taken(&memory, 3, 1).is_none());
        first.shrink_to(BODY);
        let third = taken(&memory, 3, BODY / 2).unwrap();
        drop(taken(&memory, 1, 1).unwrap());
        drop((first, second, third));
        let mut small = taken(&memory, 1, 1).unwrap();
        small.extend(BODY).unwrap();
        assert!(taken(&memory, 1, BODY).is_none());
        drop(small);
        assert!(taken(&memory, 1, BODY).is_some());
    }

    #[test]
    fn a_batch_that_waits_is_served_when_another_ends() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        let memory = BatchMemory::new(BODY);
        let first = taken(&memory, 1, BODY).unwrap();
        let mut waiting = pin!(memory.take(OrganizationId::new(Uuid::from_u128(1)), BODY));
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(matches!(waiting.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    }

    #[test]
    fn a_batch_is_refused_at_once_if_too_many_wait() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _entered = runtime.enter();
        let memory = BatchMemory::new(BODY);
        let mut context = Context::from_waker(Waker::noop());
        let _first = taken(&memory, 1, BODY).unwrap();
        let one = OrganizationId::new(Uuid::from_u128(1));
        let mut waiting: Vec<_> = (0..WAITING_OF_ONE).map(|_| Box::pin(memory.take(one, BODY))).collect();
        assert!(waiting.iter_mut().all(|take| take.as_mut().poll(&mut context).is_pending()));
        let refused = now_or_never(memory.take(one, BODY));
        assert!(matches!(refused, Some(Err(error)) if error.kind == ErrorKind::Unavailable));
        assert!(taken(&memory, 2, BODY).is_some());
        waiting.pop();
        assert!(now_or_never(memory.take(one, BODY)).is_none());
    }
}
