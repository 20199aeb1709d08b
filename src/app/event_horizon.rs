//! A background job: notices a transaction that appended events and does not end, which holds later ones back from clients that follow them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::domain::repository::EventHorizon;
use crate::metrics::{Gauge, Registry};

/// The pause between two looks. The service's own transactions end much sooner.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);

/// Looks until it is dropped.
#[derive(Debug)]
pub(super) struct HorizonWatch(JoinHandle<()>);

impl HorizonWatch {
    /// Starts after one pause. Must be called within a runtime.
    pub(super) fn start(horizon: Arc<dyn EventHorizon>, registry: &Registry) -> Self {
        let seconds = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&seconds);
        registry
            .register(
                "uprof_events_held_back_seconds",
                "How long one open transaction has held later events back from lists that run oldest first",
                Gauge::default(),
            )
            .read(move || shown.load(Ordering::Relaxed));
        Self(tokio::spawn(async move {
            let mut held = HeldBack::default();
            loop {
                tokio::time::sleep(LOOK_INTERVAL).await;
                // A database that does not answer is reported by others, and says nothing about the transaction.
                let Ok(position) = horizon.held_back_at().await else { continue };
                let time = held.observe(position, Instant::now());
                seconds.store(time.as_secs(), Ordering::Relaxed);
                if !time.is_zero() {
                    tracing::warn!(
                        held.s = time.as_secs(),
                        "event lists held back: a transaction that inserted into events is still open; end it (docs/operations.md, Events)"
                    );
                }
            }
        }))
    }
}

impl Drop for HorizonWatch {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The position behind which events are held back, and since when it is the same.
#[derive(Default)]
struct HeldBack(Option<(i64, Instant)>);

impl HeldBack {
    /// For how long the same transaction has held events back that does so `now`, as far as it was seen.
    fn observe(&mut self, position: Option<i64>, now: Instant) -> Duration {
        self.0 = match (position, self.0) {
            (Some(position), Some((before, since))) if before == position => Some((before, since)),
            (position, _) => position.map(|position| (position, now)),
        };
        self.0.map_or(Duration::ZERO, |(_, since)| now.duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_held_back_for_as_long_as_the_same_transaction_is_open() {
        let (mut held, start) = (HeldBack::default(), Instant::now());
        let seconds = |seconds| Duration::from_secs(seconds);
        let seen = [None, Some(7), Some(7), Some(7), Some(9), Some(9), None, Some(9)];
        let held: Vec<_> =
            (0..).map(|number| start + seconds(number * 30)).zip(seen).map(|(now, at)| held.observe(at, now)).collect();
        assert_eq!(held, [0, 0, 30, 60, 0, 30, 0, 0].map(seconds));
    }
}
