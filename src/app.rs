//! Composition root: pool, repositories, server; and how all of it ends.

mod clock_watch;
mod descriptors;
mod event_horizon;
mod expiry;
mod heartbeat;
mod retention;
mod start_error;
mod statistics;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use secrecy::SecretString;

use crate::config::ServerArgs;
use crate::domain::Error;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::history::HistoryDetail;
use crate::domain::id::{IdSource, RandomIds, ReplicaId};
use crate::domain::random::SystemRandomness;
use crate::domain::repository::ExpiryRepository;
use crate::http::{HttpSettings, Ports, Service, serve, serve_metrics};
use crate::metrics::Registry;
use crate::pages;
use crate::storage::{
    BatchingProfiles, CachedApiKeys, LimitedEnrollments, Outbox, PgApiKeys, PgClock, PgDeliveries, PgEnforcement,
    PgEnrollments, PgEventHorizon, PgEvents, PgExpiry, PgHistory, PgProfiles, PgQuotas, PgReadiness, PgReplicas,
    PgRetention, PgStatistics, PgTrustGrants, PgWebhooks, Pool, PoolSettings, SchemaState, schema_state,
};
use crate::webhook::{Dispatcher, DispatcherPorts, StopDispatcher, TrustedRoots};
use clock_watch::ClockWatch;
use event_horizon::HorizonWatch;
use expiry::ExpirySweeper;
use heartbeat::Heartbeat;
use retention::RetentionJob;
pub use start_error::StartError;
use statistics::StatisticsJob;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1_024;

/// The running service: a value that can be started any number of times in one process.
pub struct Application {
    address: SocketAddr,
    server: Server,
    metrics: Option<(SocketAddr, ServerHandle)>,
    stopper: Stopper,
    dispatcher: Dispatcher,
    sweeper: ExpirySweeper,
    retention: RetentionJob,
    horizon_watch: HorizonWatch,
    heartbeat: Heartbeat,
    statistics: StatisticsJob,
    grace: Duration,
    pool: Pool,
    probe_pool: Pool,
}

/// Stops an [`Application`].
#[derive(Clone)]
pub struct Stopper {
    service: Arc<Service>,
    server: ServerHandle,
    dispatcher: StopDispatcher,
    drain: Duration,
}

impl Application {
    /// Connects, compares the schema and the clocks, and listens; counts in `registry`. Must be called within an actix system.
    ///
    /// # Errors
    /// The database cannot be reached, its schema is not this binary's, or its clock is far from this machine's; an address is in use.
    pub async fn build(database_url: SecretString, args: &ServerArgs, registry: &Registry) -> Result<Self, StartError> {
        let roots = trusted_roots(args)?;
        check_schema(&database_url).await?;
        let settings = args.pool.settings(database_url);
        let unusable_url = |error: Error| StartError(error.to_string());
        let pool = Pool::new(&settings).map_err(unusable_url)?;
        let database_clock = PgClock::new(pool.in_background(), Arc::new(SystemClock));
        let clock_watch = ClockWatch::new(Arc::new(database_clock), registry);
        clock_watch.check_at_start().await?;
        let mut http = args.http();
        let connections = descriptors::connections(args)?;
        if connections < http.max_connections {
            tracing::warn!(
                connections.max = connections,
                "fewer connections than UPROF_MAX_CONNECTIONS: the limit of open files is too low for more"
            );
            http.max_connections = connections;
        }
        let (listener, address) = listen(args.listen, "--listen")?;
        let metrics_listener = args.metrics_listen.map(|address| listen(address, "--metrics-listen")).transpose()?;
        registry.register_process(SystemClock.now().unix_timestamp());
        pool.register(registry);
        let probe_pool = Pool::new(&PoolSettings { max_connections: 1, ..settings }).map_err(unusable_url)?;
        let ports = ports(&pool, &probe_pool, args, registry);
        let limits = args.limits.settings();
        let service = Service::new(ports, args.links(address), args.webhooks.reach(), http, &limits, registry)
            .map_err(|error| StartError(format!("the thread of batches cannot be started: {error}")))?;
        let service = Arc::new(service);
        let replicas = Arc::new(PgReplicas::new(pool.in_background()));
        let shared = Arc::clone(&service);
        let heartbeat = Heartbeat::start(replicas, new_replica(), move |number| shared.set_replicas(number)).await;
        let server = serve(listener, Arc::clone(&service), http, pages::configure)
            .map_err(|error| unusable(args.listen, &error, "--listen"))?;
        let metrics = metrics_listener
            .map(|(listener, address)| {
                let http = HttpSettings { workers: 1, max_connections: descriptors::METRICS_CONNECTIONS, ..http };
                let server = serve_metrics(listener, registry, &service, http)
                    .map_err(|error| unusable(address, &error, "--metrics-listen"))?;
                let handle = server.handle();
                actix_web::rt::spawn(server);
                Ok::<_, StartError>((address, handle))
            })
            .transpose()?;
        let dispatcher =
            Dispatcher::start(dispatcher_ports(&pool.in_background()), args.webhooks.dispatcher(), &roots, registry);
        let retention = RetentionJob::start(
            Arc::new(PgRetention::new(pool.in_background())),
            args.retention,
            Arc::new(SystemClock),
            clock_watch.clone(),
        );
        let sweeper = ExpirySweeper::start(expiry(&pool.in_background()), Arc::new(SystemClock), clock_watch, registry);
        let horizon_watch = HorizonWatch::start(Arc::new(PgEventHorizon::new(pool.in_background())), registry);
        let reader = Arc::new(PgStatistics::new(pool.in_background()));
        let statistics = StatisticsJob::start(reader, Arc::new(SystemClock), registry);
        let stopper = Stopper { service, server: server.handle(), dispatcher: dispatcher.stopper(), drain: args.drain };
        let grace = args.grace;
        Ok(Self {
            address,
            server,
            metrics,
            stopper,
            dispatcher,
            sweeper,
            retention,
            horizon_watch,
            heartbeat,
            statistics,
            grace,
            pool,
            probe_pool,
        })
    }

    /// Where it listens: the port that was taken, where 0 was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the metrics are read, if anywhere.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves until it is stopped and the requests in flight have ended. Dropping this ends it at once, with whatever is in flight.
    ///
    /// # Errors
    /// The server broke down.
    pub async fn run_until_stopped(self) -> Result<(), StartError> {
        let served = self.server.await;
        drop((self.sweeper, self.retention, self.horizon_watch, self.statistics));
        self.heartbeat.stop().await;
        self.dispatcher.stop(self.grace).await;
        // Last, so that metrics of the shutdown can be scraped.
        if let Some((_, metrics)) = self.metrics {
            metrics.stop(false).await;
        }
        self.probe_pool.close().await;
        self.pool.close().await;
        served.map_err(|error| StartError(format!("the server broke down: {error}")))
    }
}

impl Stopper {
    /// Is not ready from now on, serves on for the drain time, and then lets what is in flight end within the grace period.
    pub async fn stop(&self) {
        self.service.drain();
        self.dispatcher.stop();
        tokio::time::sleep(self.drain).await;
        self.server.stop(true).await;
    }
}

fn ports(pool: &Pool, probe_pool: &Pool, args: &ServerArgs, registry: &Registry) -> Ports {
    let batches = args.pool.batches();
    let history = if args.history.has_values() { HistoryDetail::Values } else { HistoryDetail::Names };
    let ids: Arc<dyn IdSource> = Arc::new(RandomIds::default());
    let outbox = Outbox::new(Arc::clone(&ids));
    let profiles = PgProfiles::new(pool.clone(), outbox.clone()).with_history(history);
    let api_keys = CachedApiKeys::new(PgApiKeys::new(pool.clone(), outbox.clone()), registry);
    api_keys.follow_changes(pool);
    Ports {
        profiles: if batches.max_rows > 1 {
            Arc::new(BatchingProfiles::new(profiles, batches, registry))
        } else {
            Arc::new(profiles)
        },
        enrollments: Arc::new(LimitedEnrollments::new(PgEnrollments::new(pool.clone(), outbox.clone()), registry)),
        trust_grants: Arc::new(PgTrustGrants::new(pool.clone(), outbox.clone())),
        enforcement: Arc::new(PgEnforcement::new(pool.clone(), outbox)),
        events: Arc::new(PgEvents::new(pool.clone())),
        history: Arc::new(PgHistory::new(pool.clone(), history)),
        webhooks: Arc::new(PgWebhooks::new(pool.clone())),
        api_keys: Arc::new(api_keys),
        quotas: Arc::new(PgQuotas::new(pool.clone())),
        readiness: Arc::new(PgReadiness::new(probe_pool.clone())),
        clock: Arc::new(SystemClock),
        ids,
        randomness: Arc::new(SystemRandomness),
    }
}

fn new_replica() -> ReplicaId {
    ReplicaId::new(RandomIds::default().next(SystemClock.now()))
}

fn dispatcher_ports(pool: &Pool) -> DispatcherPorts {
    DispatcherPorts {
        queue: Arc::new(PgDeliveries::new(pool.clone())),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
    }
}

fn expiry(pool: &Pool) -> Arc<dyn ExpiryRepository> {
    Arc::new(PgExpiry::new(pool.clone(), Outbox::new(Arc::new(RandomIds::default()))))
}

/// Whether the process may open as many files as the service needs at least. Called before a runtime exists, which would panic without.
///
/// # Errors
/// It may not.
pub fn check_descriptors(args: &ServerArgs) -> Result<(), StartError> {
    descriptors::connections(args).map(drop)
}

/// Whether the authorities for https webhooks can be read.
///
/// # Errors
/// They cannot.
pub fn check_trusted_roots(args: &ServerArgs) -> Result<(), StartError> {
    trusted_roots(args).map(drop)
}

fn trusted_roots(args: &ServerArgs) -> Result<TrustedRoots, StartError> {
    let roots = TrustedRoots::read(args.webhooks.ca_file.as_deref());
    roots.map_err(|reason| StartError(format!("UPROF_CA_FILE: {reason}")))
}

/// Whether this binary can run on the database's schema: it is current, or newer in a way that allows it. Answers which.
///
/// # Errors
/// It cannot, or the schema cannot be read.
pub async fn check_schema(database_url: &SecretString) -> Result<SchemaState, StartError> {
    match schema_state(database_url).await {
        Ok(state @ (SchemaState::Current | SchemaState::Newer(_))) => Ok(state),
        Ok(SchemaState::Behind(missing)) => Err(StartError(format!(
            "the database's schema is not current (missing: {}): say `uprof migrate`, or start with --migrate",
            missing.join(", ")
        ))),
        Ok(SchemaState::Ahead(unknown)) => Err(StartError(format!(
            "the database's schema is not this release's (unknown here: {}): start the release that made it, or a newer one",
            unknown.join(", ")
        ))),
        Err(error) => Err(StartError(error.to_string())),
    }
}

/// Listens on `address`, which `flag` names.
fn listen(address: SocketAddr, flag: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).map_err(|error| unusable(address, &error, flag))?;
    // The standard library's backlog is 128, which a burst of connections fills; then they wait a second to try again.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| unusable(address, &error.into(), flag))?;
    let taken = listener.local_addr().map_err(|error| unusable(address, &error, flag))?;
    Ok((listener, taken))
}

fn unusable(address: SocketAddr, error: &std::io::Error, flag: &str) -> StartError {
    let advice = if error.kind() == std::io::ErrorKind::AddrInUse {
        format!(": stop what uses it, or choose another with {flag}")
    } else {
        String::new()
    };
    StartError(format!("cannot listen on {address}: {error}{advice}"))
}
