//! Concurrent calls.

use std::sync::Barrier;
use std::thread;

/// Runs `work` for each item in a thread of its own; all threads start at the same moment.
pub(crate) fn concurrently<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(items.len());
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .iter()
            .map(|item| {
                scope.spawn(|| {
                    start.wait();
                    work(item)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}
