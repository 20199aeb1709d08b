//! A bounded queue that is fair between organizations: they take turns, and a flood of one pushes out its own, not another's.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::id::OrganizationId;

/// Items wait here for whoever takes them in batches.
pub(in crate::storage) struct FairQueue<T> {
    capacity: usize,
    state: Mutex<QueueState<T>>,
    arrived: Notify,
}

struct QueueState<T> {
    count: usize,
    /// Never holds an empty line.
    lines: HashMap<OrganizationId, VecDeque<T>>,
    /// Whose turn it is: every organization that has a line, once.
    turns: VecDeque<OrganizationId>,
}

impl<T> FairQueue<T> {
    pub(in crate::storage) fn new(capacity: usize) -> Self {
        let state = QueueState { count: 0, lines: HashMap::new(), turns: VecDeque::new() };
        Self { capacity, state: Mutex::new(state), arrived: Notify::new() }
    }

    /// Puts `item` at the end of its organization's line. In a full queue the longest line gives up its last: answers what found no
    /// place, which is `item` itself unless another organization's line is longer than its own would be.
    pub(in crate::storage) fn push(&self, organization: OrganizationId, item: T) -> Option<T> {
        let mut state = self.state();
        let crowded_out = if state.count < self.capacity {
            None
        } else {
            match state.crowd_out(organization) {
                Some(other) => Some(other),
                None => return Some(item),
            }
        };
        state.add(organization, item);
        drop(state);
        self.arrived.notify_one();
        crowded_out
    }

    /// Waits until there is something.
    pub(in crate::storage) async fn filled(&self) {
        loop {
            // Registered before looking, so that nothing arrives unnoticed in between.
            let arrived = self.arrived.notified();
            if self.depth() > 0 {
                return;
            }
            arrived.await;
        }
    }

    /// Takes up to `most`, one of each organization in turn; nothing where somebody else was quicker.
    pub(in crate::storage) fn take(&self, most: usize) -> Vec<T> {
        let (taken, more) = self.state().take(most);
        if more {
            // One notification may have stood for several items; another taker shall have the rest.
            self.arrived.notify_one();
        }
        taken
    }

    /// How many wait.
    pub(in crate::storage) fn depth(&self) -> usize {
        self.state().count
    }

    fn state(&self) -> MutexGuard<'_, QueueState<T>> {
        // Nothing that holds the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> QueueState<T> {
    fn add(&mut self, organization: OrganizationId, item: T) {
        let line = self.lines.entry(organization).or_insert_with(|| {
            self.turns.push_back(organization);
            VecDeque::new()
        });
        line.push_back(item);
        self.count += 1;
    }

    fn crowd_out(&mut self, newcomer: OrganizationId) -> Option<T> {
        let own = self.lines.get(&newcomer).map_or(0, VecDeque::len);
        let longest = self.lines.values_mut().max_by_key(|line| line.len())?;
        // The line stays: it is longer than one.
        let last = if longest.len() > own + 1 { longest.pop_back() } else { None };
        self.count -= usize::from(last.is_some());
        last
    }

    fn take(&mut self, most: usize) -> (Vec<T>, bool) {
        let mut taken = Vec::with_capacity(most.min(self.count));
        while taken.len() < most
            && let Some(organization) = self.turns.pop_front()
        {
            let Some(line) = self.lines.get_mut(&organization) else { continue };
            taken.extend(line.pop_front());
            if line.is_empty() {
                self.lines.remove(&organization);
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
    fn a_single_request_waits_for_one_turn_and_not_for_a_flood() {
        let mut pushed: Vec<_> = (0..100).map(|number| (1, number)).collect();
        pushed.push((2, 0));
        let (taken, more) = queue(1000, &pushed).state().take(2);
        assert_eq!((taken, more), (vec![(1, 0), (2, 0)], true));
    }

    #[test]
    fn in_a_full_queue_the_longest_line_makes_room_for_the_shorter() {
        let full = queue(3, &[(1, 0), (1, 1), (1, 2)]);
        assert_eq!(full.push(organization(2), (2, 0)), Some((1, 2)));
        assert_eq!(full.push(organization(1), (1, 3)), Some((1, 3)));
        assert_eq!(full.push(organization(2), (2, 1)), Some((2, 1)));
        assert_eq!(full.state().take(9), (vec![(1, 0), (2, 0), (1, 1)], false));
    }

    proptest! {
        #[test]
        fn whatever_is_pushed_is_accepted_once_and_in_the_order_of_its_organization(
            pushed in prop::collection::vec((0_u8..5, 0_u32..1000), 0..200),
            capacity in 1_usize..100,
            most in 1_usize..20,
        ) {
            let queue = FairQueue::new(capacity);
            let mut refused = Vec::new();
            for (at, (owner, _)) in pushed.iter().enumerate() {
                refused.extend(queue.push(organization(*owner), (*owner, at)));
                prop_assert!(queue.state().count <= capacity);
            }
            let mut taken = Vec::new();
            loop {
                let (batch, more) = queue.state().take(most);
                prop_assert!(batch.len() <= most && (more || queue.state().lines.is_empty()));
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
