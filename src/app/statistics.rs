//! A background job: exposes what an operator watches in the database.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::repository::{DatabaseStatistics, StatisticsReader};
use crate::metrics::{EncodeLabelSet, Family, Registry, SetGauge};

/// The pause between two readings.
const READ_INTERVAL: Duration = Duration::from_mins(1);

/// Reads until it is dropped.
#[derive(Debug)]
pub(super) struct StatisticsJob(JoinHandle<()>);

/// The name of a table of the schema.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct TableLabels {
    table: String,
}

struct StatisticsMetrics {
    delivery: SetGauge,
    grant: SetGauge,
    tables: Family<TableLabels, SetGauge>,
}

impl StatisticsJob {
    /// Starts at once. Must be called within a runtime.
    pub(super) fn start(reader: Arc<dyn StatisticsReader>, clock: Arc<dyn Clock>, registry: &Registry) -> Self {
        let metrics = StatisticsMetrics::new(registry);
        Self(tokio::spawn(async move {
            loop {
                // A database that does not answer is reported by others.
                if let Ok(statistics) = reader.read().await {
                    metrics.expose(statistics, clock.now());
                }
                tokio::time::sleep(READ_INTERVAL).await;
            }
        }))
    }
}

impl Drop for StatisticsJob {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl StatisticsMetrics {
    fn new(registry: &Registry) -> Self {
        Self {
            delivery: registry.register(
                "uprof_webhook_oldest_pending_seconds",
                "Age of the oldest pending webhook delivery; 0 if none is pending",
                SetGauge::default(),
            ),
            grant: registry.register(
                "uprof_trust_grant_oldest_pending_seconds",
                "Age of the oldest pending trust grant; 0 if none is pending",
                SetGauge::default(),
            ),
            tables: registry.register("uprof_table_bytes", "Size of a table with its indexes", Family::default()),
        }
    }

    fn expose(&self, statistics: DatabaseStatistics, now: Timestamp) {
        let age = |since: Option<Timestamp>| since.map_or(0, |since| (now - since).whole_seconds().max(0));
        self.delivery.set(age(statistics.oldest_pending_delivery));
        self.grant.set(age(statistics.oldest_pending_grant));
        for (table, bytes) in statistics.table_bytes {
            self.tables.get_or_create(&TableLabels { table }).set(bytes);
        }
    }
}
