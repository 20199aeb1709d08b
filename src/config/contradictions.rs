//! Settings that contradict each other: each is valid by itself, and together they cannot be meant.

use super::ServerArgs;

impl ServerArgs {
    /// What contradicts, one sentence each.
    #[must_use]
    pub fn contradictions(&self) -> Vec<String> {
        let pool = &self.pool;
        let organization = pool.organization_connections.unwrap_or(pool.database_connections);
        let same_port =
            self.metrics_listen.filter(|metrics| metrics.port() != 0 && metrics.port() == self.listen.port());
        let same_address = same_port.filter(|metrics| {
            metrics.ip() == self.listen.ip() || metrics.ip().is_unspecified() || self.listen.ip().is_unspecified()
        });
        let rules = [
            (
                organization > pool.database_connections,
                format!(
                    "UPROF_ORGANIZATION_CONNECTIONS={organization} is more than UPROF_DATABASE_CONNECTIONS={}",
                    pool.database_connections
                ),
            ),
            (
                pool.queue_bytes.get() < self.max_body_bytes,
                format!(
                    "UPROF_QUEUE_BYTES={} is less than UPROF_MAX_BODY_BYTES={}: the largest requests would always be answered 503",
                    pool.queue_bytes, self.max_body_bytes
                ),
            ),
            (
                pool.lock_timeout > pool.statement_timeout,
                format!(
                    "UPROF_LOCK_TIMEOUT={} is longer than UPROF_STATEMENT_TIMEOUT={}: a locked row would be answered 504",
                    humantime::format_duration(pool.lock_timeout),
                    humantime::format_duration(pool.statement_timeout)
                ),
            ),
            (
                same_address.is_some(),
                format!("UPROF_METRICS_LISTEN and UPROF_LISTEN={} have the same port", self.listen),
            ),
        ];
        rules.into_iter().filter_map(|(is_broken, rule)| is_broken.then_some(rule)).collect()
    }
}
