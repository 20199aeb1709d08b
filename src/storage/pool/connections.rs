//! The connection pool, and the deadline that every use of it keeps.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use tokio::runtime::Handle;

use super::checkout::{Checkout, WarmConnection};
use super::error::{StorageError, unavailable};
use super::warm_stack::WarmStack;
use crate::domain::{Error, ErrorKind, Result};
use crate::metrics::Registry;

/// What a port's method does on its connection. Boxed, for the future borrows the connection.
pub(in crate::storage) type ConnectionFuture<'c, T> =
    std::pin::Pin<Box<dyn Future<Output = std::result::Result<T, StorageError>> + Send + 'c>>;

/// How long the service waits for an answer after the moment at which Postgres itself gives a statement up. Postgres going first
/// means that the outcome is known: nothing was written.
const ANSWER_GRACE: Duration = Duration::from_secs(1);

/// A connection that lay idle this long is tried before it is used; younger ones are trusted, which saves a round trip.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long a connection passes from one user to the next before it goes back to sqlx's pool, which looks after its age and its health.
const WARM_LIFETIME: Duration = TRUSTED_IDLE;

/// How long ago a connection may have been used to be passed on untried: where requests are rarer than that, each is better off with one
/// that was tried than with the latest.
const WARM_TRUST: Duration = Duration::from_millis(100);

/// How long a connection that is tried may take to answer. One whose other end has gone without a word never does, and whoever waits
/// still has to be given another.
const PING_LIMIT: Duration = Duration::from_millis(500);

/// How many connections may wait for notifications: one does, and others may be held up where a network has let them down.
const NOTIFICATION_CONNECTIONS: u32 = 4;

/// Where Postgres is and how much of it may be used.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// A `postgres://` URL.
    pub url: SecretString,
    /// The most connections at once.
    pub max_connections: u32,
    /// How long a request waits for a free or new connection.
    pub acquire_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
}

impl PoolSettings {
    /// For a verb that does one thing and ends: a single connection, and time to wait for it.
    #[must_use]
    pub fn for_one(url: SecretString) -> Self {
        let max_wait = Duration::from_secs(30);
        Self { url, max_connections: 1, acquire_timeout: max_wait, statement_timeout: max_wait }
    }
}

/// The pool.
#[derive(Clone, Debug)]
pub struct Pool {
    connections: PgPool,
    warm: WarmStack<WarmConnection>,
    /// Whether what is used through this handle is kept for whoever comes next.
    keeps: bool,
    notifications: PgPool,
    deadline: Duration,
    lost: LastLoss,
    /// The runtime that drives the connections: the one that made the pool, and so outlives the server's threads, each of which
    /// has its own.
    home: Handle,
}

/// What `url` says, with the service's name on it.
pub(in crate::storage) fn connect_options(url: &SecretString) -> Result<PgConnectOptions> {
    let text = url.expose_secret();
    // sqlx would take another database's URL for one of Postgres.
    let ours = text.starts_with("postgres://") || text.starts_with("postgresql://");
    PgConnectOptions::from_str(text)
        .ok()
        .filter(|_| ours)
        .map(|options| options.application_name("uprof"))
        // The parser's own words may repeat parts of the URL, and so the password.
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "DATABASE_URL is not a valid postgres:// URL"))
}

impl Pool {
    /// A pool that connects when it is first used. Must be called within a runtime.
    ///
    /// # Errors
    /// `Invalid` if the URL is none.
    pub fn new(settings: &PoolSettings) -> Result<Self> {
        let base = connect_options(&settings.url)?;
        let statement_timeout = format!("{}ms", settings.statement_timeout.as_millis());
        let options = base.clone().options([
            ("statement_timeout", statement_timeout.as_str()),
            // A service that hangs in a transaction must not keep others from the rows it locked.
            ("idle_in_transaction_session_timeout", statement_timeout.as_str()),
            // Every list has an index that runs its way. Where Postgres thinks an organization small (it has no statistics yet, or
            // planned for an average one) it would rather sort all its profiles for each page.
            ("enable_sort", "off"),
            // Worth its while for no statement of the service; one whose cost is overestimated would pay it each time.
            ("jit", "off"),
        ]);
        let lost = LastLoss::default();
        let last_loss = lost.clone();
        let connections = PgPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(settings.acquire_timeout)
            .test_before_acquire(false)
            .before_acquire(move |connection, state| {
                let trusted = state.idle_for < TRUSTED_IDLE && !last_loss.is_within(state.idle_for);
                Box::pin(async move { Ok(trusted || answers(connection).await) })
            })
            .connect_lazy_with(options);
        let notifications = PgPoolOptions::new()
            .max_connections(NOTIFICATION_CONNECTIONS)
            .acquire_timeout(settings.acquire_timeout)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(base.application_name("uprof notifications"));
        let deadline = settings.statement_timeout + ANSWER_GRACE;
        Ok(Self {
            connections,
            warm: WarmStack::new(),
            keeps: true,
            notifications,
            deadline,
            lost,
            home: Handle::current(),
        })
    }

    /// The same, for what is done now and then behind the requests: they are not handed a connection that only such work has tried.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { keeps: false, ..self.clone() }
    }

    /// Lets `registry` show how many connections there are.
    pub fn register(&self, registry: &Registry) {
        let connections =
            registry.gauges("uprof_database_connections", "Connections to Postgres, by what they do.", ["state"]);
        let pool = self.clone();
        connections.with(["idle"]).read(move || pool.idle());
        let pool = self.clone();
        connections.with(["in_use"]).read(move || u64::from(pool.connections.size()).saturating_sub(pool.idle()));
    }

    fn idle(&self) -> u64 {
        u64::try_from(self.connections.num_idle() + self.warm.count()).unwrap_or(u64::MAX)
    }

    /// Does `work` on a connection, within the deadline.
    ///
    /// # Errors
    /// What `work` fails with; `Unavailable` without a connection; `TimedOut` past the deadline.
    pub(in crate::storage) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send,
    {
        Ok(self.attempt(work).await?)
    }

    /// As [`Pool::run`], for `work` that only reads: where its connection has died, it is done again on another.
    ///
    /// # Errors
    /// Those of [`Pool::run`].
    pub(in crate::storage) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Clone + Send,
    {
        match self.attempt(work.clone()).await {
            Err(failure) if failure.is_lost_connection() => Ok(self.attempt(work).await?),
            outcome => Ok(outcome?),
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
                    Ok(_) => self.keep(checkout),
                    Err(failure) if failure.is_lost_connection() => self.lost.note(),
                    // Whatever it left undone is undone on the way back.
                    Err(_) => {}
                }
                outcome
            }
            Err(elapsed) => {
                // Postgres did not even keep its own time limit: the connection is not worth waiting for.
                checkout.end();
                Err(Error::new(ErrorKind::TimedOut, "The database did not answer in time").caused_by(elapsed).into())
            }
        }
    }

    async fn acquire(&self) -> Result<Checkout> {
        let _waiting = loop {
            match self.warm.take() {
                Ok(used) if used.at.elapsed() < WARM_TRUST && !self.lost.is_within(used.at.elapsed()) => {
                    return Ok(used.checkout);
                }
                // It may have died since, perhaps with one that was lost, and goes to where that is found out.
                Ok(doubtful) => drop(doubtful),
                Err(waiting) => break waiting,
            }
        };
        // A connection dies with the runtime in which it was opened; so that is always the pool's, whoever waits for it.
        let mut acquiring = std::pin::pin!(self.connections.acquire());
        let opened = std::future::poll_fn(|context| {
            let _at_home = self.home.enter();
            acquiring.as_mut().poll(context)
        });
        let connection = opened.await.map_err(|error| unavailable().caused_by(error))?;
        let checkout = Checkout::new(connection, self.deadline, self.home.clone());
        let (warm, since) = (self.warm.clone(), checkout.since);
        self.home.spawn(async move {
            tokio::time::sleep(WARM_LIFETIME).await;
            drop(warm.remove(|used| used.checkout.since <= since));
        });
        Ok(checkout)
    }

    /// Leaves `checkout` to whoever comes next, unless somebody waits for sqlx's pool to have one.
    fn keep(&self, checkout: Checkout) {
        // The end of a transaction that was dropped is queued, and its locks hold until it is sent: the way back to the pool does that.
        let is_settled = !checkout.connection.should_flush();
        if self.keeps && is_settled && checkout.since.elapsed() < WARM_LIFETIME && !self.connections.is_closed() {
            drop(self.warm.keep(WarmConnection { checkout, at: Instant::now() }));
        }
    }

    /// Connections that wait for what the database tells, and do nothing else.
    pub(in crate::storage) fn for_notifications(&self) -> &PgPool {
        &self.notifications
    }

    /// Starts `work` where the connections live.
    pub(in crate::storage) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.home.spawn(work);
    }

    /// Closes all connections once they are free.
    pub async fn close(&self) {
        // Whoever waits there takes its leave of a database that may not answer.
        let _ = tokio::time::timeout(PING_LIMIT, self.notifications.close()).await;
        let closed = self.connections.close();
        drop(self.warm.remove(|_| true));
        closed.await;
    }
}

async fn answers(connection: &mut PgConnection) -> bool {
    matches!(tokio::time::timeout(PING_LIMIT, connection.ping()).await, Ok(Ok(())))
}

/// When a connection last turned out to be dead. Others that lay idle then have probably died with it, in a restart of Postgres for
/// instance, however young they are.
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
