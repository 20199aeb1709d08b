//! A background job: deletes events and webhook deliveries that are past their retention.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock_watch::ClockWatch;
use crate::config::RetentionArgs;
use crate::domain::clock::Clock;
use crate::domain::repository::RetentionRepository;

/// The pause between two looks for old rows.
const LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// The pause after each transaction: requests come first. So at most 10,000 rows a second are deleted.
const PAUSE: Duration = Duration::from_millis(100);

/// Deletes until it is dropped. An unfinished transaction is rolled back.
#[derive(Debug)]
pub(super) struct RetentionJob(Option<JoinHandle<()>>);

impl RetentionJob {
    /// Starts after one pause, unless nothing is to be deleted ever. Must be called within a runtime.
    pub(super) fn start(
        retention: Arc<dyn RetentionRepository>,
        settings: RetentionArgs,
        clock: Arc<dyn Clock>,
        watch: ClockWatch,
    ) -> Self {
        let (events, deliveries) = (settings.events_retention.duration(), settings.deliveries_retention.duration());
        if events.or(deliveries).is_none() {
            return Self(None);
        }
        Self(Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_INTERVAL).await;
                // What a wrong clock lets expire cannot be taken back.
                if watch.is_usable().await {
                    // Deliveries first: those of an event go with it.
                    delete(&*retention, &*clock, "deliveries", deliveries).await;
                    delete(&*retention, &*clock, "events", events).await;
                }
            }
        })))
    }
}

impl Drop for RetentionJob {
    fn drop(&mut self) {
        if let Some(job) = &self.0 {
            job.abort();
        }
    }
}

/// Deletes what is older than `retention`, until nothing is left or a transaction fails.
async fn delete(
    repository: &dyn RetentionRepository,
    clock: &dyn Clock,
    what: &'static str,
    retention: Option<Duration>,
) {
    let Some(retention) = retention else { return };
    let mut total = 0;
    loop {
        let before = clock.now() - retention;
        let deleted = match what {
            "events" => repository.delete_events(before).await,
            _ => repository.delete_deliveries(before).await,
        };
        match deleted {
            Ok(0) => break,
            Ok(rows) => total += rows,
            Err(error) => {
                tracing::warn!(retention.of = what, error.cause = %error, "retention failed; retrying in 60 s");
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    if total > 0 {
        tracing::info!(retention.of = what, rows.deleted = total, "rows past their retention deleted");
    }
}
