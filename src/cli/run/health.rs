//! `uprof health`: a probe for images that contain nothing but this binary.

use std::time::Duration;

use clap::Args;

use crate::cli::error::VerbResult;
use crate::cli::output::print_line;

const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub(in crate::cli) struct HealthProbe {
    /// The URL of the readiness check
    #[arg(long, env = "UPROF_HEALTH_URL", value_name = "URL", default_value = "http://127.0.0.1:8080/health/ready")]
    url: String,
}

impl HealthProbe {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into();
        match agent.get(&self.url).call() {
            Ok(_) => print_line("ready"),
            Err(error) => Err(format!("{} is not ready: {error}", self.url).into()),
        }
    }
}
