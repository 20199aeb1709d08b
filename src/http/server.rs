//! The server: what handlers share, and how it listens and ends.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use super::body::BodyLimits;
use super::{log, routes};
use crate::domain::clock::Clock;
use crate::domain::id::IdSource;
use crate::domain::repository::{ApiKeyRepository, ProfileRepository, Readiness};

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

/// What every handler shares.
pub struct Service {
    pub(super) profiles: Arc<dyn ProfileRepository>,
    pub(super) api_keys: Arc<dyn ApiKeyRepository>,
    pub(super) readiness: Arc<dyn Readiness>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdSource>,
    pub(super) body_limits: BodyLimits,
    draining: AtomicBool,
}

impl Service {
    /// The service on these ports.
    #[must_use]
    pub fn new(
        profiles: Arc<dyn ProfileRepository>,
        api_keys: Arc<dyn ApiKeyRepository>,
        readiness: Arc<dyn Readiness>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        settings: HttpSettings,
    ) -> Self {
        let body_limits = BodyLimits { bytes: settings.max_body_bytes, timeout: settings.body_timeout };
        Self { profiles, api_keys, readiness, clock, ids, body_limits, draining: AtomicBool::new(false) }
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
        App::new().app_data(service.clone()).wrap(from_fn(log::record)).configure(routes::configure)
    });
    Ok(server
        .workers(settings.workers)
        .client_request_timeout(settings.header_timeout)
        .keep_alive(settings.keep_alive)
        .shutdown_timeout(settings.grace.as_secs())
        .disable_signals()
        .listen(listener)?
        .run())
}
