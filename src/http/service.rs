//! What handlers share: the ports, the settings they need, and the request metrics.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::batches::memory::BatchMemory;
use super::batches::thread::BatchThread;
use super::batches::turns::BatchTurns;
use super::connection::{ConnectionMetrics, ListenerContext};
use super::idempotency::in_flight::InFlightKeys;
use super::limits::address_limits::AddressLimits;
use super::limits::concurrency::ConcurrencyLimit;
use super::limits::metrics::LimitMetrics;
use super::limits::rate_limiter::RateLimiter;
use super::metrics::RequestMetrics;
use super::settings::{BodyLimits, HttpSettings, LimitSettings, LinkSettings};
use super::user_profiles::running_exports::RunningExports;
use crate::domain::clock::Clock;
use crate::domain::id::IdSource;
use crate::domain::random::Randomness;
use crate::domain::repository::{
    ApiKeyRepository, EnforcementRepository, EnrollmentRepository, EventRepository, HistoryRepository,
    ProfileRepository, QuotaRepository, Readiness, TrustGrantRepository, WebhookRepository,
};
use crate::domain::webhook::url::Reach;
use crate::metrics::{Gauge, Registry};

/// The ports that the handlers call.
pub struct Ports {
    /// User profiles.
    pub profiles: Arc<dyn ProfileRepository>,
    /// Enrollment links of profiles.
    pub enrollments: Arc<dyn EnrollmentRepository>,
    /// Trust grants and the decisions on them.
    pub trust_grants: Arc<dyn TrustGrantRepository>,
    /// Enforcement actions on profiles.
    pub enforcement: Arc<dyn EnforcementRepository>,
    /// Events of profiles.
    pub events: Arc<dyn EventRepository>,
    /// The history of profiles.
    pub history: Arc<dyn HistoryRepository>,
    /// Webhook endpoints and their deliveries.
    pub webhooks: Arc<dyn WebhookRepository>,
    /// API keys.
    pub api_keys: Arc<dyn ApiKeyRepository>,
    /// Quotas that are counted from time to time.
    pub quotas: Arc<dyn QuotaRepository>,
    /// Whether the database can serve.
    pub readiness: Arc<dyn Readiness>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdSource>,
    /// Random bits for secrets.
    pub randomness: Arc<dyn Randomness>,
}

/// Shared by all handlers and all worker threads.
pub struct Service {
    pub(crate) ports: Ports,
    pub(crate) links: LinkSettings,
    pub(super) webhook_reach: Reach,
    pub(super) body_limits: BodyLimits,
    pub(super) batch_body_limits: BodyLimits,
    pub(super) batch_memory: BatchMemory,
    pub(super) batch_thread: BatchThread,
    pub(super) batch_turns: BatchTurns,
    pub(super) metrics: RequestMetrics,
    pub(super) listener: Arc<ListenerContext>,
    pub(super) in_flight_keys: InFlightKeys,
    pub(super) exports: RunningExports,
    pub(super) rate_limiter: Arc<RateLimiter>,
    pub(super) concurrency: ConcurrencyLimit,
    /// On wrong API keys.
    pub(super) key_guesses: AddressLimits,
    /// On wrong enrollment links.
    pub(crate) link_guesses: AddressLimits,
    pub(super) limit_metrics: LimitMetrics,
    draining: AtomicBool,
}

impl Service {
    /// Webhook URLs are accepted within `webhook_reach`; requests are counted in `registry`.
    ///
    /// # Errors
    /// The thread of batches cannot be started.
    pub fn new(
        ports: Ports,
        links: LinkSettings,
        webhook_reach: Reach,
        settings: HttpSettings,
        limits: &LimitSettings,
        registry: &Registry,
    ) -> std::io::Result<Self> {
        let metrics = RequestMetrics::new(registry);
        let listener = ListenerContext {
            connections: ConnectionMetrics::new(registry),
            requests: metrics.clone(),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
        };
        let rate_limiter = Arc::new(RateLimiter::default());
        let limit_metrics = LimitMetrics::new(registry);
        let limiter = Arc::clone(&rate_limiter);
        registry
            .register(
                "uprof_replicas",
                "Replicas that run, as this one counts them: each has its share of every rate limit",
                Gauge::default(),
            )
            .read(move || limiter.replicas().get().into());
        Ok(Self {
            ports,
            links,
            webhook_reach,
            body_limits: settings.body_limits(),
            batch_body_limits: settings.batch_body_limits(),
            batch_memory: BatchMemory::new(settings.max_batch_body_bytes),
            batch_thread: BatchThread::start()?,
            batch_turns: BatchTurns::new(),
            metrics,
            listener: Arc::new(listener),
            in_flight_keys: InFlightKeys::default(),
            exports: RunningExports::default(),
            rate_limiter,
            concurrency: ConcurrencyLimit::new(limits.organization_requests),
            key_guesses: AddressLimits::new(limits, limit_metrics.clone()),
            link_guesses: AddressLimits::new(limits, limit_metrics.clone()),
            limit_metrics,
            draining: AtomicBool::new(false),
        })
    }

    /// Makes the readiness probe fail, and every answer close its connection, from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// From now on this replica has its share of each rate limit as one of `number` replicas.
    pub fn set_replicas(&self, number: NonZeroU32) {
        self.rate_limiter.set_replicas(number);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
