//! Waiting for what other processes do: they announce nothing, so it is looked at again and again.

use std::thread;
use std::time::{Duration, Instant};

/// Short beside the start of Postgres (some 100 ms), long beside a look at a file.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// Calls `look` until it has an answer; `None` once `limit` has passed without one. Looks at least once.
pub(super) fn until<T, E>(limit: Duration, mut look: impl FnMut() -> Result<Option<T>, E>) -> Result<Option<T>, E> {
    let started = Instant::now();
    loop {
        if let Some(answer) = look()? {
            return Ok(Some(answer));
        }
        if started.elapsed() >= limit {
            return Ok(None);
        }
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "no runtime is running here, and another process has no event to wait for"
)]
fn pause() {
    thread::sleep(PAUSE);
}
