//! A background job: deletes events and webhook deliveries that are past their retention.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::clock_watch::ClockWatch;
use crate::config::RetentionArgs;
use crate::domain::Result;
use crate::domain::clock::{Clock, Timestamp};
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
                    delete(OldRows::Deliveries, deliveries, &*retention, &*clock).await;
                    delete(OldRows::Events, events, &*retention, &*clock).await;
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

/// What has a retention.
#[derive(Clone, Copy, Debug)]
enum OldRows {
    Deliveries,
    Events,
}

impl OldRows {
    const fn label(self) -> &'static str {
        match self {
            Self::Deliveries => "deliveries",
            Self::Events => "events",
        }
    }

    async fn delete(self, repository: &dyn RetentionRepository, before: Timestamp) -> Result<usize> {
        match self {
            Self::Deliveries => repository.delete_deliveries(before).await,
            Self::Events => repository.delete_events(before).await,
        }
    }
}

/// Deletes what is older than `retention`, until nothing is left or a transaction fails.
async fn delete(rows: OldRows, retention: Option<Duration>, repository: &dyn RetentionRepository, clock: &dyn Clock) {
    let Some(retention) = retention else { return };
    let mut total = 0;
    loop {
        match rows.delete(repository, clock.now() - retention).await {
            Ok(0) => break,
            Ok(deleted) => total += deleted,
            Err(error) => {
                tracing::warn!(retention.of = rows.label(), error.cause = %error, "retention failed; retrying in 60 s");
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    if total > 0 {
        tracing::info!(retention.of = rows.label(), rows.deleted = total, "rows past their retention deleted");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use time::macros::datetime;

    use super::*;

    const NOW: Timestamp = datetime!(2026-03-15 10:00 UTC);

    /// Has so many old events left, and notes what is deleted.
    struct Old(Mutex<(usize, Vec<(&'static str, Timestamp)>)>);

    #[async_trait]
    impl RetentionRepository for Old {
        async fn delete_events(&self, before: Timestamp) -> Result<usize> {
            let (left, calls) = &mut *self.0.lock().unwrap();
            calls.push(("events", before));
            let deleted = (*left).min(2);
            *left -= deleted;
            Ok(deleted)
        }

        async fn delete_deliveries(&self, before: Timestamp) -> Result<usize> {
            self.0.lock().unwrap().1.push(("deliveries", before));
            Ok(0)
        }
    }

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            NOW
        }
    }

    #[tokio::test]
    async fn what_is_older_than_its_own_retention_is_deleted_until_nothing_is_left() {
        let old = Old(Mutex::new((3, Vec::new())));
        let days = |days: u64| Some(Duration::from_hours(24 * days));
        delete(OldRows::Deliveries, days(3), &old, &Stopped).await;
        delete(OldRows::Events, days(7), &old, &Stopped).await;
        delete(OldRows::Events, None, &old, &Stopped).await;
        let event = ("events", datetime!(2026-03-08 10:00 UTC));
        let expected = [("deliveries", datetime!(2026-03-12 10:00 UTC)), event, event, event];
        assert_eq!(old.0.into_inner().unwrap().1, expected);
    }
}
