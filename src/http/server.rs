//! The server: what handlers share, and how it listens and ends.

use std::net::TcpListener;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use super::body::json_body::BodyLimits;
use super::idempotency::replay::InFlightKeys;
use super::metrics::RequestMetrics;
use super::{request_log, routes};
use crate::domain::clock::Clock;
use crate::domain::id::IdSource;
use crate::domain::random::Randomness;
use crate::domain::repository::{
    ApiKeyRepository, EnforcementRepository, EnrollmentRepository, EventRepository, ProfileRepository, Readiness,
    TrustGrantRepository, WebhookRepository,
};
use crate::domain::webhook::url::Reach;
use crate::metrics::Registry;

/// How the server treats connections.
#[derive(Clone, Copy, Debug)]
pub struct HttpSettings {
    /// How many threads serve.
    pub workers: usize,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
    /// How long the head of a request may take to arrive.
    pub header_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long requests in flight may take to finish once the server is told to stop.
    pub grace: Duration,
}

/// What the service stands on.
pub struct Ports {
    /// The profiles.
    pub profiles: Arc<dyn ProfileRepository>,
    /// Their enrollment links.
    pub enrollments: Arc<dyn EnrollmentRepository>,
    /// What they are approved for.
    pub trust_grants: Arc<dyn TrustGrantRepository>,
    /// The limits on them.
    pub enforcement: Arc<dyn EnforcementRepository>,
    /// What happened to them.
    pub events: Arc<dyn EventRepository>,
    /// Where organizations hear of it.
    pub webhooks: Arc<dyn WebhookRepository>,
    /// Who may ask.
    pub api_keys: Arc<dyn ApiKeyRepository>,
    /// Whether the database can serve.
    pub readiness: Arc<dyn Readiness>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Secrets for links.
    pub randomness: Arc<dyn Randomness>,
}

/// How links are made.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// What a link begins with: where people reach this service.
    pub public_url: String,
    /// How long a link opens something.
    pub lifetime: Duration,
    /// Whether there are links at all.
    pub are_enabled: bool,
}

/// What every handler shares.
pub struct Service {
    ports: Ports,
    pub(super) links: LinkSettings,
    pub(super) webhook_reach: Reach,
    pub(super) body_limits: BodyLimits,
    pub(super) metrics: RequestMetrics,
    pub(super) in_flight_keys: InFlightKeys,
    draining: AtomicBool,
}

impl Deref for Service {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl Service {
    /// The service on `ports`, where webhooks may be registered within `webhook_reach`, which counts its requests in `registry`.
    #[must_use]
    pub fn new(
        ports: Ports,
        links: LinkSettings,
        webhook_reach: Reach,
        settings: HttpSettings,
        registry: &Registry,
    ) -> Self {
        let body_limits = BodyLimits { bytes: settings.max_body_bytes, timeout: settings.body_timeout };
        Self {
            ports,
            links,
            webhook_reach,
            body_limits,
            metrics: RequestMetrics::new(registry),
            in_flight_keys: InFlightKeys::default(),
            draining: AtomicBool::new(false),
        }
    }

    /// From now on not ready, and every answer ends its connection.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Serves `service` on `listener` until the returned server is stopped. Must be called within an actix system.
///
/// # Errors
/// The listener cannot be used.
pub fn serve(listener: TcpListener, service: Arc<Service>, settings: HttpSettings) -> std::io::Result<Server> {
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        App::new().app_data(service.clone()).wrap(from_fn(request_log::record)).configure(routes::configure)
    });
    Ok(server
        .workers(settings.workers)
        .client_request_timeout(settings.header_timeout)
        .keep_alive(settings.keep_alive)
        // Whole seconds; a part of one must not become none.
        .shutdown_timeout(settings.grace.as_secs() + u64::from(settings.grace.subsec_nanos() > 0))
        .disable_signals()
        .listen(listener)?
        .run())
}
