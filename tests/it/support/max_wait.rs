//! Waiting for what other threads do, up to a limit that only a hang reaches.

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here takes, unless it hangs.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(30);

/// Waits until `look` finds something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < MAX_WAIT, "timed out waiting for: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}

/// Waits until `holds`.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    eventually(what, || holds().then_some(()));
}
