//! Writes down, again and again, what has ended by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::domain::clock::Clock;
use crate::domain::repository::ExpiryRepository;
use crate::domain::{Error, Result};

/// How long it rests. Nothing that is read depends on it: whoever listens hears that much later.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Sweeps until it is dropped; what it is at then is undone, and done by the next.
#[derive(Debug)]
pub(super) struct ExpirySweeper(JoinHandle<()>);

impl ExpirySweeper {
    /// Begins, after a pause. Must be called within a runtime.
    pub(super) fn start(expiry: Arc<dyn ExpiryRepository>, clock: Arc<dyn Clock>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                if let Err(error) = sweep(&*expiry, &*clock).await {
                    tracing::warn!(error.cause = cause(&error), "what has ended could not be written down");
                }
            }
        }))
    }
}

impl Drop for ExpirySweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn sweep(expiry: &dyn ExpiryRepository, clock: &dyn Clock) -> Result<()> {
    while expiry.expire_grants(clock.now()).await? > 0 {}
    while expiry.expire_actions(clock.now()).await? > 0 {}
    while expiry.delete_expired_links(clock.now()).await? > 0 {}
    while expiry.delete_expired_answers(clock.now()).await? > 0 {}
    Ok(())
}

fn cause(error: &Error) -> String {
    error.cause.as_ref().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
