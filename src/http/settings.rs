//! Settings of the HTTP server.

use std::time::Duration;

use super::limits::network::Network;
use crate::domain::limit::rate_limit::RateLimit;
use crate::domain::trust::enrollment::LinkToken;

/// The path under which an enrollment link opens its page.
pub(crate) const ENROLLMENT_PATH: &str = "/enroll/{token}";

/// Worker threads, limits and timeouts of the listener.
#[derive(Clone, Copy, Debug)]
pub struct HttpSettings {
    /// Worker threads.
    pub workers: usize,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// The largest body of a batch, in bytes.
    pub max_batch_body_bytes: usize,
    /// Time limit for the head of a request to arrive.
    pub header_timeout: Duration,
    /// Time limit for the body of a request to arrive.
    pub body_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// Time limit for a client to read a piece of an answer.
    pub write_timeout: Duration,
    /// The most connections at a time.
    pub max_connections: usize,
    /// Time limit for requests in flight once shutdown has begun.
    pub grace: Duration,
}

impl HttpSettings {
    pub(super) fn body_limits(&self) -> BodyLimits {
        BodyLimits { bytes: self.max_body_bytes, timeout: self.body_timeout }
    }

    pub(super) fn batch_body_limits(&self) -> BodyLimits {
        BodyLimits { bytes: self.max_batch_body_bytes, ..self.body_limits() }
    }

    /// The share of a worker: connections are spread over the workers in turns.
    pub(super) fn connections_per_worker(&self) -> usize {
        self.max_connections.div_ceil(self.workers.max(1)).max(1)
    }
}

/// Limits of a request body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodyLimits {
    pub(super) bytes: usize,
    pub(super) timeout: Duration,
}

/// Limits on what organizations and strangers may take.
#[derive(Clone, Debug)]
pub struct LimitSettings {
    /// The most requests of one organization at once.
    pub organization_requests: usize,
    /// How often a client address may use a wrong secret; `None`: no limit.
    pub address_failures: Option<RateLimit>,
    /// The proxies whose word on a client's address counts.
    pub trusted_proxies: Vec<Network>,
}

/// How enrollment links are made.
#[derive(Clone, Debug)]
pub struct LinkSettings {
    /// The URL under which people reach this service: what every link starts with.
    pub public_url: String,
    /// How long a link is valid.
    pub lifetime: Duration,
    /// Whether enrollment is switched on.
    pub are_enabled: bool,
}

impl LinkSettings {
    /// The link with `token`.
    pub(super) fn url(&self, token: &LinkToken) -> String {
        let path = ENROLLMENT_PATH.replace("{token}", token.expose());
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }
}
