//! Polling for changes by other processes, which send no notification.

use std::thread;
use std::time::{Duration, Instant};

/// Short compared with a start of Postgres (about 100 ms), long compared with reading a file.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Calls `poll` until it returns a value; `None` once `limit` has passed without one. Polls at least once.
pub(super) fn until<T, E>(limit: Duration, mut poll: impl FnMut() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
    let started = Instant::now();
    loop {
        if let Some(value) = poll()? {
            return Ok(Some(value));
        }
        if started.elapsed() >= limit {
            return Ok(None);
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no runtime is running here, and there is no event of another process to wait for"
)]
fn pause() {
    thread::sleep(POLL_INTERVAL);
}
