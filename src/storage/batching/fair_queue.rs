//! A bounded queue that is fair between organizations: they take turns, and when it is full, the organization whose items are largest in
//! sum loses its newest.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::id::OrganizationId;

/// The queue. Consumers take its items in batches.
pub(super) struct FairQueue<T> {
    bounds: QueueBounds,
    state: Mutex<QueueState<T>>,
    arrived: Notify,
    /// How many items are a crowd.
    crowd: usize,
    crowded: Notify,
}

/// The bounds of a queue. Both hold through one sum: an item counts as its bytes, and at least as its share of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueueBounds {
    /// The most items.
    pub(super) items: usize,
    /// The most bytes of all items together. An item that is larger by itself counts as this many.
    pub(super) bytes: usize,
}

impl QueueBounds {
    /// The least that an item counts as.
    fn share(self) -> usize {
        self.bytes.div_ceil(self.items.max(1))
    }

    /// The bound on the sum: the bytes, rounded up so that as many items of the least size fit as may wait.
    fn sum(self) -> usize {
        self.share().saturating_mul(self.items)
    }

    /// What an item of `bytes` counts as.
    fn size(self, bytes: usize) -> usize {
        bytes.max(self.share()).min(self.sum())
    }
}

struct QueueState<T> {
    count: usize,
    /// The sizes of all items together.
    size: usize,
    /// The items of each organization that has any.
    owned: HashMap<OrganizationId, OwnedItems<T>>,
    /// The organizations that have items, each once, the next to be served first.
    turns: VecDeque<OrganizationId>,
}

/// The items of one organization.
struct OwnedItems<T> {
    /// Each with its size.
    items: VecDeque<(usize, T)>,
    /// Their sizes together.
    size: usize,
}

impl<T> FairQueue<T> {
    /// An empty queue; it is crowded with `crowd` items.
    pub(super) fn new(bounds: QueueBounds, crowd: usize) -> Self {
        let state = QueueState { count: 0, size: 0, owned: HashMap::new(), turns: VecDeque::new() };
        Self { bounds, state: Mutex::new(state), arrived: Notify::new(), crowd, crowded: Notify::new() }
    }

    /// Adds `item`, of about `bytes`, behind those of its organization. Answers the items that find no place in a full queue: the newest of
    /// the organizations whose items are largest in sum, or `item` itself if no other organization has more than its own would have.
    pub(super) fn push(&self, organization: OrganizationId, bytes: usize, item: T) -> Vec<T> {
        let size = self.bounds.size(bytes);
        let mut state = self.state();
        let mut evicted = Vec::new();
        while state.size + size > self.bounds.sum() {
            let Some(newest) = state.evict_for(organization, size) else {
                // Those evicted so far would not have been enough: they stay.
                for (organization, size, item) in evicted.into_iter().rev() {
                    state.add(organization, size, item);
                }
                return vec![item];
            };
            evicted.push(newest);
        }
        state.add(organization, size, item);
        let is_crowded = state.count >= self.crowd;
        drop(state);
        self.arrived.notify_one();
        if is_crowded {
            self.crowded.notify_one();
        }
        evicted.into_iter().map(|(_, _, item)| item).collect()
    }

    /// Waits until the queue is not empty.
    pub(super) async fn filled(&self) {
        self.holds(1, &self.arrived).await;
    }

    /// Waits until the queue is crowded. For one consumer.
    pub(super) async fn crowded(&self) {
        self.holds(self.crowd, &self.crowded).await;
    }

    /// Waits until there are at least `count` items, of which `told` tells.
    async fn holds(&self, count: usize, told: &Notify) {
        loop {
            // Registered before the check, so that no arrival in between is missed.
            let arrived = told.notified();
            if self.depth() >= count {
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
    fn add(&mut self, organization: OrganizationId, size: usize, item: T) {
        let owned = self.owned.entry(organization).or_insert_with(|| {
            self.turns.push_back(organization);
            OwnedItems { items: VecDeque::new(), size: 0 }
        });
        owned.items.push_back((size, item));
        owned.size += size;
        self.size += size;
        self.count += 1;
    }

    /// Removes the newest item of the organization whose items are largest in sum, if that is more than `organization` would have with one
    /// of `size` more. An organization keeps its oldest item, and so its turn.
    fn evict_for(&mut self, organization: OrganizationId, size: usize) -> Option<(OrganizationId, usize, T)> {
        let own = self.owned.get(&organization).map_or(0, |owned| owned.size);
        let several = self.owned.iter_mut().filter(|(_, owned)| owned.items.len() > 1);
        let (largest, owned) = several.max_by_key(|(_, owned)| owned.size)?;
        if owned.size <= own + size {
            return None;
        }
        let (size, item) = owned.items.pop_back()?;
        owned.size -= size;
        self.size -= size;
        self.count -= 1;
        Some((*largest, size, item))
    }

    /// The next `limit` items, and whether there are more.
    fn take(&mut self, limit: usize) -> (Vec<T>, bool) {
        let mut taken = Vec::with_capacity(limit.min(self.count));
        while taken.len() < limit
            && let Some(organization) = self.turns.pop_front()
        {
            let Some(owned) = self.owned.get_mut(&organization) else { continue };
            if let Some((size, item)) = owned.items.pop_front() {
                taken.push(item);
                owned.size -= size;
                self.size -= size;
            }
            if owned.items.is_empty() {
                self.owned.remove(&organization);
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

    /// A queue of at most `items`, of 10 bytes each, that holds `pushed`.
    fn queue(items: usize, pushed: &[(u8, u32)]) -> FairQueue<(u8, u32)> {
        let queue = FairQueue::new(QueueBounds { items, bytes: items * 10 }, usize::MAX);
        for item in pushed {
            queue.push(organization(item.0), 0, *item);
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
        assert_eq!(full.push(organization(2), 0, (2, 0)), [(1, 2)]);
        assert_eq!(full.push(organization(1), 0, (1, 3)), [(1, 3)]);
        assert_eq!(full.push(organization(2), 0, (2, 1)), [(2, 1)]);
        assert_eq!(full.state().take(9), (vec![(1, 0), (2, 0), (1, 1)], false));
    }

    #[test]
    fn as_many_items_wait_as_may_whatever_the_bound_on_bytes() {
        for bytes in [1, 2, 3, 10, 100, 101] {
            let queue = FairQueue::new(QueueBounds { items: 3, bytes }, usize::MAX);
            let refused: Vec<_> = (0..4).flat_map(|item| queue.push(organization(1), 0, item)).collect();
            assert_eq!(refused, [3], "{bytes}");
        }
    }

    #[test]
    fn a_large_item_evicts_as_many_as_it_needs_or_none() {
        let full = queue(6, &[(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (2, 0)]);
        // Even all that it may evict would leave too little.
        assert_eq!(full.push(organization(2), 50, (2, 1)), [(2, 1)]);
        assert_eq!(full.push(organization(3), 20, (3, 0)), [(1, 4), (1, 3)]);
        assert_eq!(full.state().take(9), (vec![(1, 0), (2, 0), (3, 0), (1, 1), (1, 2)], false));
    }

    #[test]
    fn an_organization_keeps_its_only_item_and_one_larger_than_all_the_queue_waits_alone() {
        let full = queue(3, &[]);
        assert_eq!(full.push(organization(1), 1_000, (1, 0)), []);
        assert_eq!(full.push(organization(2), 0, (2, 0)), [(2, 0)]);
        assert_eq!(full.state().take(9), (vec![(1, 0)], false));
    }

    proptest! {
        #[test]
        fn each_item_is_taken_once_and_in_the_order_of_its_organization(
            pushed in prop::collection::vec((0_u8..5, 0_usize..1000), 0..200),
            items in 1_usize..100,
            bytes in 1_usize..20_000,
            limit in 1_usize..20,
        ) {
            let queue = FairQueue::new(QueueBounds { items, bytes }, usize::MAX);
            let mut refused = Vec::new();
            for (at, (owner, size)) in pushed.iter().enumerate() {
                refused.extend(queue.push(organization(*owner), *size, (*owner, at)));
                let state = queue.state();
                prop_assert!(state.count <= items && state.size < bytes + items);
                let waiting = || state.owned.values().flat_map(|owned| &owned.items);
                prop_assert_eq!((waiting().count(), waiting().map(|(size, _)| size).sum()), (state.count, state.size));
                let real: usize = waiting().map(|(_, (_, at))| pushed[*at].1).sum();
                prop_assert!(real < bytes + items || state.count == 1);
            }
            let mut taken = Vec::new();
            loop {
                let (batch, more) = queue.state().take(limit);
                prop_assert!(batch.len() <= limit && (more || queue.state().owned.is_empty()));
                taken.extend(batch);
                if !more { break; }
            }
            for owner in 0..5 {
                let of_owner: Vec<_> = taken.iter().filter(|item| item.0 == owner).collect();
                prop_assert!(of_owner.is_sorted());
            }
            prop_assert_eq!(queue.state().size, 0);
            let mut all: Vec<_> = taken.into_iter().chain(refused).map(|(_, at)| at).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..pushed.len()).collect::<Vec<_>>());
        }
    }
}
