//! What a call costs, counted in what Postgres read, not in time.

use std::sync::Arc;

use sqlx::Row;
use uprof::domain::id::RandomIds;
use uprof::storage::{Outbox, PgProfiles, Pool, PoolSettings};

use super::database::{Database, runtime};

/// Postgres plans a prepared statement anew for its first five executions, and then perhaps never again.
pub(crate) const EXECUTIONS: i64 = 8;

/// What Postgres read for [`EXECUTIONS`] of one call.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) sequential_scans: i64,
    pub(crate) rows: i64,
    pub(crate) index_entries: i64,
    index_scans: i64,
    index_pages: i64,
}

/// The pages on the way from the root of an index to a leaf, and one leaf more, at the sizes of these tests.
const DESCENT: i64 = 4;

/// The least entries that fit on a leaf.
const ENTRIES_ON_A_LEAF: i64 = 8;

impl Cost {
    /// Whether each index scan ended where its last entry was: a bound that Postgres only filters by lets the scan go on to the end of the index,
    /// over entries that it does not count.
    pub(crate) fn is_bounded(&self) -> bool {
        self.index_pages <= self.index_scans * DESCENT + self.index_entries / ENTRIES_ON_A_LEAF
    }
}

impl Database {
    /// What `call` costs, on a connection that runs nothing else.
    pub(crate) fn cost(&self, call: &impl AsyncFn(&PgProfiles, i64)) -> Cost {
        self.await_statistics();
        self.execute("select pg_stat_reset()");
        self.await_statistics();
        let url = self.url();
        runtime().block_on(async {
            let pool = Pool::new(&PoolSettings::for_one(url)).unwrap();
            let profiles = PgProfiles::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default())));
            for execution in 0..EXECUTIONS {
                call(&profiles, execution).await;
            }
            pool.close().await;
        });
        self.await_statistics();
        let row = self.row(
            "select sum(seq_scan)::bigint,
                    sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint,
                    (select sum(idx_tup_read)::bigint from pg_stat_user_indexes),
                    (select sum(idx_scan)::bigint from pg_stat_user_indexes),
                    (select sum(idx_blks_hit + idx_blks_read)::bigint from pg_statio_user_indexes)
               from pg_stat_user_tables",
        );
        Cost {
            sequential_scans: row.get(0),
            rows: row.get(1),
            index_entries: row.get(2),
            index_scans: row.get(3),
            index_pages: row.get(4),
        }
    }

    /// Waits until the other connections have ended: a connection reports its statistics when it ends.
    fn await_statistics(&self) {
        let others = "pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";
        while self.count(others) > 0 {
            std::thread::yield_now();
        }
    }
}
