//! `uprof health`: a probe for images that contain nothing but this binary.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;

use crate::cli::error::VerbResult;
use crate::cli::output::print_line;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub(in crate::cli) struct HealthProbe {
    /// The URL of the readiness check [default: /health/ready of the address that the service listens on]
    #[arg(long, env = "UPROF_HEALTH_URL", value_name = "URL")]
    url: Option<String>,

    /// The address that the service listens on; for all addresses, this machine is asked
    #[arg(long, env = "UPROF_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

impl HealthProbe {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let url = self.url.unwrap_or_else(|| format!("http://{}/health/ready", reachable(self.listen)));
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into();
        match agent.get(&url).call() {
            Ok(_) => print_line("ready"),
            Err(error) => Err(format!("{url} is not ready: {error}").into()),
        }
    }
}

/// `address`, or the loopback address of its family if it is unspecified, which cannot be connected to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_all_addresses_is_probed_at_loopback() {
        for (listen, probed) in [
            ("0.0.0.0:9000", "127.0.0.1:9000"),
            ("[::]:9000", "[::1]:9000"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), probed);
        }
    }
}
