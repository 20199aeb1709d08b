//! The thread on which batches are read, done and answered.
//!
//! A large batch would keep a worker from its other requests for tens of milliseconds. And glibc's allocator retains, for each thread, about as
//! much as the thread has ever held: with a batch of 8 MiB on each of them, every worker would keep 20 MB more.

use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::domain::{Error, Result};

/// The thread. Dropping it ends the thread, with what it does.
pub(in crate::http) struct BatchThread {
    runtime: Handle,
    _end: oneshot::Sender<()>,
}

/// A task that ends with its caller.
struct OwnedTask<T>(JoinHandle<T>);

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl BatchThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread or no file descriptor left.
    pub(in crate::http) fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        thread::Builder::new().name("batches".to_owned()).spawn(move || {
            // Ends when the sender is dropped.
            _ = runtime.block_on(ended);
        })?;
        Ok(Self { runtime: handle, _end: end })
    }

    /// Does `work` on the thread, unless its caller is cancelled.
    ///
    /// # Errors
    /// Those of `work`; `Internal` if it panicked.
    pub(in crate::http) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Result<T> {
        let mut task = OwnedTask(self.runtime.spawn(work.in_current_span()));
        (&mut task.0).await.map_err(Error::internal)?
    }
}
