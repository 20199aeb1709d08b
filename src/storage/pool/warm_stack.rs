//! Connections that were used a moment ago; the one used last is checked out first.
//!
//! sqlx's pool hands its connections out in turns and pings each when it returns. But a connection is a process with caches of its own,
//! and the one used last is the quickest: with 64 clients on two cores, 18 % more creates and 11 to 17 % more retrieves a second than in
//! turns, and a lone create takes 0.67 ms instead of 0.87.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The warm items, the one used last on top, and the number of callers that wait for sqlx's pool because the stack was empty.
#[derive(Debug)]
pub(super) struct WarmStack<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    items: Vec<T>,
    waiting: usize,
}

/// A caller that found the stack empty and waits for sqlx's pool, until this is dropped.
#[derive(Debug)]
pub(super) struct AcquireWaiter<T>(WarmStack<T>);

impl<T> WarmStack<T> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { items: Vec::new(), waiting: 0 })))
    }

    /// Takes the item that was used last.
    ///
    /// # Errors
    /// The stack is empty; the caller counts as waiting for as long as it holds the error.
    pub(super) fn pop(&self) -> Result<T, AcquireWaiter<T>> {
        let mut state = self.state();
        state.items.pop().ok_or_else(|| {
            state.waiting += 1;
            AcquireWaiter(self.clone())
        })
    }

    /// Puts `item` on top. Hands it back while a caller waits for sqlx's pool, to be returned there.
    pub(super) fn push(&self, item: T) -> Option<T> {
        let mut state = self.state();
        if state.waiting > 0 {
            return Some(item);
        }
        state.items.push(item);
        None
    }

    /// Removes the items that are `expired`.
    pub(super) fn remove(&self, expired: impl FnMut(&mut T) -> bool) -> Vec<T> {
        self.state().items.extract_if(.., expired).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.state().items.len()
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // No holder of the lock can panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for WarmStack<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for AcquireWaiter<T> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_used_last_is_popped_first() {
        let stack = WarmStack::new();
        assert!(stack.push(1).is_none() && stack.push(2).is_none());
        assert_eq!([stack.pop().ok(), stack.pop().ok(), stack.pop().ok()], [Some(2), Some(1), None]);
    }

    #[test]
    fn items_are_handed_back_while_callers_wait() {
        let stack = WarmStack::new();
        let (first, second) = (stack.pop(), stack.pop());
        assert_eq!(stack.push(1), Some(1));
        drop(first);
        assert_eq!(stack.push(1), Some(1));
        drop(second);
        assert_eq!((stack.push(1), stack.len()), (None, 1));
    }

    #[test]
    fn expired_items_are_removed_and_the_rest_keeps_its_order() {
        let stack = WarmStack::new();
        (0..5).for_each(|number| assert!(stack.push(number).is_none()));
        assert_eq!(stack.remove(|number| *number % 2 == 0), [0, 2, 4]);
        assert_eq!([stack.pop().ok(), stack.pop().ok()], [Some(3), Some(1)]);
    }
}
