//! A background job: records what has expired, and deletes what is past its retention.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock_watch::ClockWatch;
use crate::domain::clock::Clock;
use crate::domain::repository::ExpiryRepository;
use crate::domain::{Error, Result};
use crate::metrics::{Registry, SetGauge};

/// The pause between two sweeps: how late an expiry becomes an event. Reads do not depend on it.
const SWEEP_INTERVAL: Duration = Duration::from_secs(30);

/// Sweeps until it is dropped. An unfinished transaction is rolled back, and left to the next sweep.
#[derive(Debug)]
pub(super) struct ExpirySweeper(JoinHandle<()>);

impl ExpirySweeper {
    /// Starts after one pause. Must be called within a runtime.
    pub(super) fn start(
        expiry: Arc<dyn ExpiryRepository>,
        clock: Arc<dyn Clock>,
        watch: ClockWatch,
        registry: &Registry,
    ) -> Self {
        let last_success: SetGauge = registry.register(
            "uprof_sweep_last_success_timestamp_seconds",
            "When the expiry sweep last succeeded as a whole, in seconds since the epoch; 0 before",
            SetGauge::default(),
        );
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                // What a wrong clock lets expire cannot be taken back.
                if watch.is_usable().await && sweep(&*expiry, &*clock).await {
                    last_success.set(clock.now().unix_timestamp());
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

/// Each part in turn, whether or not the parts before it succeeded. Answers whether all did.
async fn sweep(expiry: &dyn ExpiryRepository, clock: &dyn Clock) -> bool {
    let mut succeeded = true;
    macro_rules! finish {
        ($part:literal, $step:expr) => {
            let finished: Result<()> = async {
                while $step.await? > 0 {}
                Ok(())
            }
            .await;
            if let Err(error) = finished {
                succeeded = false;
                tracing::warn!(
                    sweep.part = $part,
                    error.cause = cause(&error),
                    "expiry sweep failed; retrying in 30 s"
                );
            }
        };
    }
    finish!("erased_profiles", expiry.purge_erased());
    finish!("trust_grants", expiry.expire_grants(clock.now()));
    finish!("enforcement_actions", expiry.expire_actions(clock.now()));
    finish!("links", expiry.delete_expired_links(clock.now()));
    finish!("secrets", expiry.delete_expired_secrets(clock.now()));
    finish!("answers", expiry.delete_expired_answers(clock.now()));
    succeeded
}

fn cause(error: &Error) -> String {
    error.cause.as_ref().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
