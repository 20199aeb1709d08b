//! A connection in use, and its way back.

use std::time::{Duration, Instant};

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;

/// A connection in use. It goes back to sqlx's pool only when it has answered once more, which sqlx would wait for without end: a
/// network that swallows the answer would take a place of the pool with it.
#[derive(Debug)]
pub(in crate::storage) struct Checkout {
    pub(in crate::storage) connection: PoolConnection<Postgres>,
    /// When it came from sqlx's pool.
    pub(in crate::storage) since: Instant,
    /// How long it may take to answer.
    limit: Duration,
    home: Handle,
    is_over: bool,
}

/// A connection that was used just now.
#[derive(Debug)]
pub(in crate::storage) struct WarmConnection {
    pub(in crate::storage) checkout: Checkout,
    pub(in crate::storage) at: Instant,
}

impl Checkout {
    /// `connection`, from now on; it may take up to `limit` to answer once more, in the runtime that is at hand or in that of `home`.
    pub(in crate::storage) fn new(connection: PoolConnection<Postgres>, limit: Duration, home: Handle) -> Self {
        Self { connection, since: Instant::now(), limit, home, is_over: false }
    }

    /// Closes the connection instead.
    pub(in crate::storage) fn end(mut self) {
        self.is_over = true;
        self.connection.close_on_drop();
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if !self.is_over {
            // Whoever used it may have left while Postgres was still at work.
            let (returned, limit) = (self.connection.return_to_pool(), self.limit);
            let runtime = Handle::try_current().unwrap_or_else(|_| self.home.clone());
            runtime.spawn(async move { tokio::time::timeout(limit, returned).await });
        }
    }
}
