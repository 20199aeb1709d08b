//! Limits on what organizations and strangers may take.

use std::num::NonZeroUsize;

use clap::Args;

use crate::domain::limit::rate_limit::RateLimit;
use crate::http::{LimitSettings, Network};

/// The limits of organizations and client addresses.
#[derive(Args, Clone, Debug)]
pub struct LimitArgs {
    /// The maximum number of requests of one organization at once; more are answered 429
    #[arg(long, env = "UPROF_ORGANIZATION_REQUESTS", value_name = "N", default_value = "1024")]
    pub organization_requests: NonZeroUsize,

    /// How often an address may fail to authenticate, and to open an enrollment link, such as 60/m or "60/m burst 100"; or none: no limit
    #[arg(long, env = "UPROF_ADDRESS_FAILURES", value_name = "RATE", default_value = "60/m", value_parser = failure_rate)]
    pub address_failures: FailureRate,

    /// The proxies whose X-Forwarded-For or Forwarded header names the client: addresses and networks such as 10.0.0.0/8, separated by commas
    #[arg(long, env = "UPROF_TRUSTED_PROXIES", value_name = "NETWORKS", default_value = "", value_parser = networks)]
    pub trusted_proxies: Networks,
}

/// The value of `UPROF_ADDRESS_FAILURES`; `None`: no limit.
#[derive(Clone, Copy, Debug)]
pub struct FailureRate(Option<RateLimit>);

/// The value of `UPROF_TRUSTED_PROXIES`.
#[derive(Clone, Debug)]
pub struct Networks(Vec<Network>);

impl LimitArgs {
    /// The settings of the HTTP server's limits.
    #[must_use]
    pub fn settings(&self) -> LimitSettings {
        LimitSettings {
            organization_requests: self.organization_requests.get(),
            address_failures: self.address_failures.0,
            trusted_proxies: self.trusted_proxies.0.clone(),
        }
    }
}

fn failure_rate(text: &str) -> Result<FailureRate, String> {
    match text {
        "none" => Ok(FailureRate(None)),
        _ => text.parse().map(|limit| FailureRate(Some(limit))).map_err(|error| format!("{error}; or none")),
    }
}

fn networks(text: &str) -> Result<Networks, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let parse = |part: &str| part.parse().map_err(|error| format!("{part}: {error}"));
    parts.map(parse).collect::<Result<_, _>>().map(Networks)
}
