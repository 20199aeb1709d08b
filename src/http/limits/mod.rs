//! Limits on requests: the rates of organizations and API keys.
//! May know what its parent may.

pub(in crate::http) mod metrics;
pub(in crate::http) mod rate_headers;
pub(in crate::http) mod rate_limiter;
