//! A connection that is checked out, and its return to sqlx's pool.

use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;

/// A connection that is checked out. Dropped, it returns to sqlx's pool, which pings it first and waits for the answer without limit; the
/// limit here keeps a network that drops packets from occupying a place of the pool forever.
#[derive(Debug)]
pub(super) struct Checkout {
    pub(super) connection: PoolConnection<Postgres>,
    /// When it was checked out of sqlx's pool.
    pub(super) since: Instant,
    return_timeout: Duration,
    runtime: Handle,
    is_closed: bool,
}

/// A connection that was used a moment ago.
#[derive(Debug)]
pub(super) struct WarmConnection {
    pub(super) checkout: Checkout,
    pub(super) used_at: Instant,
}

impl Checkout {
    /// A checkout of `connection` that starts now. Its return runs in the current runtime, or in `runtime` where there is none.
    pub(super) fn new(connection: PoolConnection<Postgres>, return_timeout: Duration, runtime: Handle) -> Self {
        Self { connection, since: Instant::now(), return_timeout, runtime, is_closed: false }
    }

    /// Closes the connection instead of returning it.
    pub(super) fn close(mut self) {
        self.is_closed = true;
        self.connection.close_on_drop();
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !self.is_closed {
            // A cancelled caller may have left Postgres at work on a statement.
            let (returned, limit) = (self.connection.return_to_pool(), self.return_timeout);
            let runtime = Handle::try_current().unwrap_or_else(|_| self.runtime.clone());
            runtime.spawn(async move { tokio::time::timeout(limit, returned).await });
        }
    }
}
