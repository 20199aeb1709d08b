//! Settings of connections: the limits of what their clients may take.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use super::values::duration;

/// The number of connections, and how long they may wait for their clients.
#[derive(Args, Clone, Copy, Debug)]
pub struct ConnectionArgs {
    /// The timeout for the head of a request to arrive
    #[arg(long, env = "UPROF_HEADER_TIMEOUT", value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub header_timeout: Duration,

    /// The timeout for the body of a request to arrive
    #[arg(long, env = "UPROF_BODY_TIMEOUT", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub body_timeout: Duration,

    /// How long an idle connection stays open
    #[arg(long, env = "UPROF_KEEP_ALIVE", value_name = "DURATION", default_value = "75s", value_parser = duration)]
    pub keep_alive: Duration,

    /// The timeout for a client to read a piece of 64 KiB of its answer
    #[arg(long, env = "UPROF_WRITE_TIMEOUT", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub write_timeout: Duration,

    /// The maximum number of connections; beyond, those that wait longest for their client are closed for new ones
    #[arg(long, env = "UPROF_MAX_CONNECTIONS", value_name = "N", default_value = "4096")]
    pub max_connections: NonZeroUsize,
}
