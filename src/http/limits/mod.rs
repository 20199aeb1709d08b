//! Limits on requests: the rates of organizations and API keys, the requests of an organization at once, and the failures of addresses.
//! May know what its parent may.

pub(in crate::http) mod address_limits;
mod client_address;
pub(in crate::http) mod concurrency;
mod failure_limiter;
pub(in crate::http) mod metrics;
pub(in crate::http) mod network;
pub(in crate::http) mod quotas;
pub(in crate::http) mod rate_headers;
pub(in crate::http) mod rate_limiter;
