//! A bounded queue that is fair between organizations: they take turns, and when it is full, the organization with most items loses its
//! newest.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::id::OrganizationId;

/// The queue. Consumers take its items in batches.
pub(super) struct FairQueue<T> {
    capacity: usize,
    state: Mutex<QueueState<T>>,
    arrived: Notify,
}

struct QueueState<T> {
    count: usize,
    /// The items of each organization that has any.
    items: HashMap<OrganizationId, VecDeque<T>>,
    /// The organizations that have items, each once, the next to be served first.
    turns: VecDeque<OrganizationId>,
}

impl<T> FairQueue<T> {
    pub(super) fn new(capacity: usize) -> Self {
        let state = QueueState { count: 0, items: HashMap::new(), turns: VecDeque::new() };
        Self { capacity, state: Mutex::new(state), arrived: Notify::new() }
    }

    /// Adds `item` behind those of its organization. Answers the item that found no place in a full queue: the newest of the organization
    /// with most items, which is `item` itself unless another organization has more than its own would have.
    pub(super) fn push(&self, organization: OrganizationId, item: T) -> Option<T> {
        let mut state = self.state();
        let evicted = if state.count < self.capacity {
            None
        } else {
            match state.evict_for(organization) {
                Some(evicted) => Some(evicted),
                None => return Some(item),
            }
        };
        state.add(organization, item);
        drop(state);
        self.arrived.notify_one();
        evicted
    }

    /// Waits until the queue is not empty.
    pub(super) async fn filled(&self) {
        loop {
            // Registered before the check, so that no arrival in between is missed.
            let arrived = self.arrived.notified();
            if self.depth() > 0 {
                return;
            }
            arrived.await;
        }
    }

    /// Takes up to `limit` items, one of each organization in turn; none if another consumer has taken them.
    pub(super) fn take(&self, limit: usize) -> Vec<T> {
        let (taken, more) = self.state().take(limit);
        if more {
            // One notification may stand for several items: wake another consumer for the rest.
            self.arrived.notify_one();
        }
        taken
    }

    pub(super) fn depth(&self) -> usize {
        self.state().count
    }

    fn state(&self) -> MutexGuard<'_, QueueState<T>> {
        // No holder of the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> QueueState<T> {
    fn add(&mut self, organization: OrganizationId, item: T) {
        let items = self.items.entry(organization).or_insert_with(|| {
            self.turns.push_back(organization);
            VecDeque::new()
        });
        items.push_back(item);
        self.count += 1;
    }

    /// Removes the newest item of the organization that has most, if those are more than `organization` would have with another.
    fn evict_for(&mut self, organization: OrganizationId) -> Option<T> {
        let own = self.items.get(&organization).map_or(0, VecDeque::len);
        let most = self.items.values_mut().max_by_key(|items| items.len())?;
        // At least one item is left, so the organization keeps its turn.
        let evicted = if most.len() > own + 1 { most.pop_back() } else { None };
        self.count -= usize::from(evicted.is_some());
        evicted
    }

    /// The next `limit` items, and whether there are more.
    fn take(&mut self, limit: usize) -> (Vec<T>, bool) {
        let mut taken = Vec::with_capacity(limit.min(self.count));
        while taken.len() < limit
            && let Some(organization) = self.turns.pop_front()
        {
            let Some(items) = self.items.get_mut(&organization) else { continue };
            taken.extend(items.pop_front());
            if items.is_empty() {
                self.items.remove(&organization);
            } else {
                self.turns.push_back(organization);
            }
        }
        self.count -= taken.len();
        (taken, self.count > 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn organization(number: u8) -> OrganizationId {
        OrganizationId::new(Uuid::from_u128(number.into()))
    }

    fn queue(capacity: usize, pushed: &[(u8, u32)]) -> FairQueue<(u8, u32)> {
        let queue = FairQueue::new(capacity);
        for item in pushed {
            queue.push(organization(item.0), *item);
        }
        queue
    }

    #[test]
    fn a_single_request_waits_for_one_turn_and_not_for_all_of_another_organization() {
        let mut pushed: Vec<_> = (0..100).map(|number| (1, number)).collect();
        pushed.push((2, 0));
        let (taken, more) = queue(1000, &pushed).state().take(2);
        assert_eq!((taken, more), (vec![(1, 0), (2, 0)], true));
    }

    #[test]
    fn a_full_queue_evicts_from_the_organization_with_most_items() {
        let full = queue(3, &[(1, 0), (1, 1), (1, 2)]);
        assert_eq!(full.push(organization(2), (2, 0)), Some((1, 2)));
        assert_eq!(full.push(organization(1), (1, 3)), Some((1, 3)));
        assert_eq!(full.push(organization(2), (2, 1)), Some((2, 1)));
        assert_eq!(full.state().take(9), (vec![(1, 0), (2, 0), (1, 1)], false));
    }

    proptest! {
        #[test]
        fn each_item_is_taken_once_and_in_the_order_of_its_organization(
            pushed in prop::collection::vec((0_u8..5, 0_u32..1000), 0..200),
            capacity in 1_usize..100,
            limit in 1_usize..20,
        ) {
            let queue = FairQueue::new(capacity);
            let mut refused = Vec::new();
            for (at, (owner, _)) in pushed.iter().enumerate() {
                refused.extend(queue.push(organization(*owner), (*owner, at)));
                prop_assert!(queue.state().count <= capacity);
            }
            let mut taken = Vec::new();
            loop {
                let (batch, more) = queue.state().take(limit);
                prop_assert!(batch.len() <= limit && (more || queue.state().items.is_empty()));
                taken.extend(batch);
                if !more { break; }
            }
            for owner in 0..5 {
                let of_owner: Vec<_> = taken.iter().filter(|item| item.0 == owner).collect();
                prop_assert!(of_owner.is_sorted());
            }
            let mut all: Vec<_> = taken.into_iter().chain(refused).map(|(_, at)| at).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..pushed.len()).collect::<Vec<_>>());
        }
    }
}
