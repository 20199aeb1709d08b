//! The connection pool, and the deadline of every use of it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use tokio::runtime::Handle;

use super::checkout::{Checkout, WarmConnection};
use super::error::{StorageError, failure_label, outcome_unknown, unavailable};
use super::metrics::PoolMetrics;
use super::settings::{PoolSettings, connect_options};
use super::warm_stack::WarmStack;
use crate::domain::{Error, ErrorKind, Result};
use crate::metrics::{EncodeLabelSet, Family, Gauge, Registry};
use crate::shares::OrganizationShares;
use crate::spans;

/// The work of a port method on its connection. Boxed, for the future borrows the connection.
pub(in crate::storage) type ConnectionFuture<'c, T> =
    std::pin::Pin<Box<dyn Future<Output = std::result::Result<T, StorageError>> + Send + 'c>>;

/// How long the service waits beyond Postgres' own statement timeout: a statement that Postgres cancels has a known outcome, nothing was
/// written.
const ANSWER_GRACE: Duration = Duration::from_secs(1);

/// How long a connection stays checked out of sqlx's pool, warm between its uses: the pool checks age and health only when it returns, and plans
/// live for as long.
const WARM_LIFETIME: Duration = Duration::from_secs(1);

/// How long after its last use a warm connection is trusted without a ping. Where requests are rarer than that, one from sqlx's pool, which
/// was pinged when it returned, is the safer choice.
const WARM_TRUST: Duration = Duration::from_millis(100);

/// How long the first statement on a connection from sqlx's pool may take, which shows whether it can be used. After a silent network failure
/// no answer ever comes, and the caller still needs another connection.
const PING_LIMIT: Duration = Duration::from_millis(500);

/// The most connections that listen for notifications: one is in use, the rest allow for listeners stuck on a failed network.
const NOTIFICATION_CONNECTIONS: u32 = 4;

#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
struct StateLabels {
    state: &'static str,
}

/// The connection pool. A clone shares its connections.
#[derive(Clone, Debug)]
pub struct Pool {
    connections: PgPool,
    warm: WarmStack<WarmConnection>,
    /// Whether connections used through this handle stay warm for the next caller.
    keeps_warm: bool,
    notifications: PgPool,
    deadline: Duration,
    /// The connections that each organization holds, and how long its requests wait for one.
    pub(super) shares: OrganizationShares,
    pub(super) max_share_wait: Duration,
    last_loss: LastLoss,
    pub(super) metrics: PoolMetrics,
    /// The runtime that drives the connections: the one that made the pool, which outlives the runtimes of the server's worker threads.
    runtime: Handle,
}

impl Pool {
    /// A pool that connects on first use. Must be called within a runtime.
    ///
    /// # Errors
    /// `Invalid` if the URL is not a valid `postgres://` URL.
    pub fn new(settings: &PoolSettings) -> Result<Self> {
        let options = settings.connect_options()?;
        let last_loss = LastLoss::default();
        let connections = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(settings.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(async move { Ok(discards_plans(connection).await) }))
            .connect_lazy_with(options);
        let notifications = PgPoolOptions::new()
            .max_connections(NOTIFICATION_CONNECTIONS)
            .acquire_timeout(settings.acquire_timeout)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(connect_options(&settings.url)?.application_name("uprof notifications"));
        let deadline = settings.statement_timeout + ANSWER_GRACE;
        Ok(Self {
            connections,
            warm: WarmStack::new(),
            keeps_warm: true,
            notifications,
            deadline,
            shares: OrganizationShares::new(usize::try_from(settings.organization_connections).unwrap_or(usize::MAX)),
            max_share_wait: settings.acquire_timeout,
            last_loss,
            metrics: PoolMetrics::new(),
            runtime: Handle::current(),
        })
    }

    /// The same pool for background jobs: connections that only they used do not stay warm, since requests would trust them unpinged.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { keeps_warm: false, ..self.clone() }
    }

    /// Registers the metrics of connections, of what waits for them, and of what is done again.
    pub fn register(&self, registry: &Registry) {
        self.metrics.register(registry);
        let connections: Family<_, Gauge> =
            registry.register("uprof_database_connections", "Connections to Postgres, by state", Family::default());
        let state = |state| connections.get_or_create_owned(&StateLabels { state });
        let pool = self.clone();
        state("idle").read(move || pool.idle());
        let pool = self.clone();
        state("in_use").read(move || u64::from(pool.connections.size()).saturating_sub(pool.idle()));
    }

    fn idle(&self) -> u64 {
        u64::try_from(self.connections.num_idle() + self.warm.len()).unwrap_or(u64::MAX)
    }

    /// Runs `work`, which may change something, on a connection, within the deadline.
    ///
    /// # Errors
    /// Those of `work`; `Unavailable` without a connection; `OutcomeUnknown` past the deadline, or if the connection was lost.
    pub(in crate::storage) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send,
    {
        traced(match self.attempt(work).await {
            Err(failure) if failure.is_outcome_unknown() => Err(outcome_unknown().caused_by(Error::from(failure))),
            Err(StorageError::Rule(error)) if error.kind == ErrorKind::TimedOut => {
                Err(outcome_unknown().caused_by(error))
            }
            outcome => outcome.map_err(Error::from),
        })
    }

    /// As [`Pool::run`], for `work` that only reads: it is retried once, on another connection, if its own was lost.
    ///
    /// # Errors
    /// Those of `work`; `Unavailable` without a connection; `TimedOut` past the deadline.
    pub(in crate::storage) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Clone + Send,
    {
        match self.attempt(work.clone()).await {
            Err(failure) if failure.is_lost_connection() => {
                self.metrics.lost_connection.inc();
                traced(self.attempt(work).await.map_err(Error::from))
            }
            outcome => traced(outcome.map_err(Error::from)),
        }
    }

    async fn attempt<T, F>(&self, work: F) -> std::result::Result<T, StorageError>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send,
    {
        let mut checkout = self.acquire().await?;
        match tokio::time::timeout(self.deadline, work(&mut checkout.connection)).await {
            Ok(outcome) => {
                match &outcome {
                    Ok(_) => self.keep_warm(checkout),
                    Err(failure) if failure.is_lost_connection() => {
                        self.last_loss.note();
                        // Not returned: a server that was demoted, or shuts down, may still answer a ping.
                        checkout.close();
                    }
                    // An open transaction is rolled back on return.
                    Err(_) => {}
                }
                outcome
            }
            Err(elapsed) => {
                // Postgres exceeded its own statement timeout: the connection is not worth waiting for.
                checkout.close();
                Err(Error::new(ErrorKind::TimedOut, "The database did not answer in time").caused_by(elapsed).into())
            }
        }
    }

    async fn acquire(&self) -> Result<Checkout> {
        let _waiting = loop {
            match self.warm.pop() {
                Ok(warm)
                    if warm.used_at.elapsed() < WARM_TRUST && !self.last_loss.is_within(warm.used_at.elapsed()) =>
                {
                    return Ok(warm.checkout);
                }
                // It may have been lost since; its return to sqlx's pool finds that out.
                Ok(doubtful) => drop(doubtful),
                Err(waiting) => break waiting,
            }
        };
        let _wait = self.metrics.connection.wait();
        // A connection dies with the runtime that opened it, so that is always the pool's own, whichever runtime polls.
        let mut acquiring = std::pin::pin!(self.connections.acquire());
        let acquired = std::future::poll_fn(|context| {
            let _entered = self.runtime.enter();
            acquiring.as_mut().poll(context)
        });
        let connection = acquired.await.map_err(|error| unavailable().caused_by(error))?;
        let checkout = Checkout::new(connection, self.deadline, self.runtime.clone());
        let (warm, since) = (self.warm.clone(), checkout.since);
        self.runtime.spawn(async move {
            tokio::time::sleep(WARM_LIFETIME).await;
            drop(warm.remove(|connection| connection.checkout.since <= since));
        });
        Ok(checkout)
    }

    /// Keeps `checkout` warm for the next caller, unless one waits for sqlx's pool.
    fn keep_warm(&self, checkout: Checkout) {
        // The rollback of a dropped transaction is queued, and its locks hold until it is sent: the return to sqlx's pool sends it.
        let is_settled = !checkout.connection.should_flush();
        if self.keeps_warm && is_settled && checkout.since.elapsed() < WARM_LIFETIME && !self.connections.is_closed() {
            drop(self.warm.push(WarmConnection { checkout, used_at: Instant::now() }));
        }
    }

    /// Counts updates that are done again, since another transaction has changed or locked one of their profiles.
    pub(in crate::storage) fn count_lost_race(&self) {
        self.metrics.lost_race.inc();
    }

    /// How long a transaction of several statements may work before it commits: the caller waits longer, and so knows that nothing was done.
    pub(in crate::storage) fn work_limit(&self) -> Duration {
        self.deadline.saturating_sub(ANSWER_GRACE / 2)
    }

    /// Connections that only listen for notifications.
    pub(in crate::storage) fn for_notifications(&self) -> &PgPool {
        &self.notifications
    }

    /// Spawns `work` on the runtime of the connections.
    pub(in crate::storage) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(work);
    }

    /// Closes all connections once they are returned.
    pub async fn close(&self) {
        // Closing waits for a database that may not answer.
        let _ = tokio::time::timeout(PING_LIMIT, self.notifications.close()).await;
        let closed = self.connections.close();
        drop(self.warm.remove(|_| true));
        closed.await;
    }
}

/// Records in the span of the port method that the database failed.
fn traced<T>(outcome: Result<T>) -> Result<T> {
    outcome.inspect_err(|error| {
        if error.is_fault() {
            spans::record_failure(failure_label(error.kind));
        }
    })
}

/// Lets Postgres plan the connection's statements anew, for tables that may have grown since: by itself it would do so only after they are
/// analyzed, a minute later at the earliest. Answers whether it did, and so whether the connection can be used.
async fn discards_plans(connection: &mut PgConnection) -> bool {
    let discarded = sqlx::raw_sql("discard plans").execute(connection);
    matches!(tokio::time::timeout(PING_LIMIT, discarded).await, Ok(Ok(_)))
}

/// When a connection was last found to be lost. Those that were idle then are probably lost too, for instance to a restart of Postgres.
#[derive(Clone, Debug, Default)]
struct LastLoss(Arc<Mutex<Option<Instant>>>);

impl LastLoss {
    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it was at most `age` ago.
    fn is_within(&self, age: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() <= age)
    }
}
