//! Limits on wrong secrets by client address: guesses of keys and of enrollment links.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use actix_web::HttpRequest;

use super::client_address::TrustedProxies;
use super::failure_limiter::FailureLimiter;
use super::metrics::LimitMetrics;
use super::rate_headers::access_kind;
use crate::http::error::HttpError;
use crate::http::settings::LimitSettings;

/// The limits on one kind of secret. Clients that use secrets which exist are not refused, whatever others at their address do.
pub(crate) struct AddressLimits {
    limiter: FailureLimiter,
    proxies: TrustedProxies,
    metrics: LimitMetrics,
}

impl AddressLimits {
    /// The limits of `settings`, which count refusals in `metrics`. Each replica counts by itself, and none divides this limit.
    pub(in crate::http) fn new(settings: &LimitSettings, metrics: LimitMetrics) -> Self {
        let allowance = settings.address_failures.map(|limit| limit.share(NonZeroU32::MIN));
        let proxies = TrustedProxies::new(settings.trusted_proxies.clone());
        Self { limiter: FailureLimiter::new(allowance), proxies, metrics }
    }

    /// Refuses a request with a secret of which nobody knows that it exists, if its client has used too many wrong ones: it may not learn
    /// whether this one is right.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn check_guess(&self, request: &HttpRequest, may_exist: impl FnOnce() -> bool) -> Result<(), HttpError> {
        match self.limiter.exhausted(|| self.client(request), Instant::now()) {
            Some(retry_in) if !may_exist() => Err(self.refusal(request, retry_in)),
            _ => Ok(()),
        }
    }

    /// Counts that the secret of a request was wrong.
    ///
    /// # Errors
    /// 429 if its client has used too many.
    pub(crate) fn count_failure(&self, request: &HttpRequest) -> Result<(), HttpError> {
        let counted = self.limiter.count(self.client(request), Instant::now());
        counted.map_err(|retry_in| self.refusal(request, retry_in))
    }

    fn refusal(&self, request: &HttpRequest, retry_in: Duration) -> HttpError {
        self.metrics.count_failures(access_kind(request.method()));
        HttpError::rate_limited("Too many wrong credentials were sent from this address", retry_in)
    }

    fn client(&self, request: &HttpRequest) -> IpAddr {
        let peer = request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip());
        self.proxies.client(peer, request.headers())
    }
}
