//! What sends requests, and which of its failures pass.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::{Agent, Proxy};

use crate::cli::client::base_url::BaseUrl;

/// The value of `user-agent`.
pub(in crate::cli) const USER_AGENT: &str = concat!("uprof/", env!("CARGO_PKG_VERSION"));

/// Sends requests to the service at `base_url`. `timeout` is that of a whole exchange.
pub(in crate::cli) fn agent(base_url: &BaseUrl, timeout: Option<Duration>) -> Agent {
    let config = Agent::config_builder()
        .timeout_global(timeout)
        .http_status_as_error(false)
        // A redirect could send the key to another server.
        .max_redirects(0)
        .proxy(if base_url.is_loopback() { None } else { Proxy::try_from_env() });
    config.build().into()
}

/// Whether another attempt may succeed.
pub(in crate::cli) fn is_transient(error: &ureq::Error) -> bool {
    match error {
        // An untrusted certificate, or a server without TLS.
        ureq::Error::Io(error) => error.kind() != ErrorKind::InvalidData,
        ureq::Error::Timeout(_) | ureq::Error::ConnectionFailed | ureq::Error::HostNotFound => true,
        _ => false,
    }
}
