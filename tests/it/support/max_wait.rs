//! Waiting for what happens on other threads.

use std::thread;
use std::time::Instant;

use super::client::PATIENCE;

/// Waits for what `is_so` tells.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} never comes");
        thread::yield_now();
    }
}
