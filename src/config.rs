//! Settings: each a flag and an environment variable; `--help` is the reference.

mod connections;
mod contradictions;
mod database;
mod history;
mod limits;
mod log;
mod retention;
mod traces;
mod values;
mod webhooks;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

use crate::http::{HttpSettings, LinkSettings};
use crate::storage::{BatchSettings, PoolSettings};
pub use connections::ConnectionArgs;
pub use database::{DatabaseArgs, EmbeddedArgs, MigrationArgs, UrlArgs};
pub use history::{HistoryArgs, HistoryMode};
pub use limits::{FailureRate, LimitArgs, Networks};
pub use log::{LogArgs, LogFormat};
pub use retention::{Retention, RetentionArgs};
pub use traces::{TraceArgs, TraceSampler, TraceSettings};
pub(crate) use values::{DURATION_HELP, duration, service_url};
use values::{interval, link_lifetime, public_url};
pub use webhooks::{ReachArgs, WebhookArgs};

/// The connection pool and the batching of requests.
#[derive(Args, Clone, Debug)]
pub struct PoolArgs {
    /// The maximum number of connections to Postgres
    // Measured on two cores: 4, 8, 16 and 32 served 64 clients 1,440, 1,530, 1,620 and 1,590 lists (which are not batched) a second.
    #[arg(long, env = "UPROF_DATABASE_CONNECTIONS", value_name = "N", default_value = "16")]
    pub database_connections: NonZeroU32,

    /// The maximum number of connections that serve requests of one organization, apart from batches [default: a quarter of all]
    #[arg(long, env = "UPROF_ORGANIZATION_CONNECTIONS", value_name = "N")]
    pub organization_connections: Option<NonZeroU32>,

    /// How long a request waits for a connection
    #[arg(long, env = "UPROF_DATABASE_WAIT", value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub database_wait: Duration,

    /// The maximum number of requests per transaction; 1 disables batching
    #[arg(long, env = "UPROF_BATCH_ROWS", value_name = "N", default_value = "256")]
    pub batch_rows: NonZeroUsize,

    /// The maximum number of requests of a kind that wait for a transaction; more are answered 503
    #[arg(long, env = "UPROF_QUEUE", value_name = "N", default_value = "4096")]
    pub queue: NonZeroUsize,

    /// The maximum bytes that the requests of a kind hold while they wait for a transaction; more are answered 503
    #[arg(long, env = "UPROF_QUEUE_BYTES", value_name = "BYTES", default_value = "33554432")]
    pub queue_bytes: NonZeroUsize,

    /// The timeout of a statement
    #[arg(long, env = "UPROF_STATEMENT_TIMEOUT", value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub statement_timeout: Duration,

    /// How long a statement waits for a row that another one has locked
    #[arg(long, env = "UPROF_LOCK_TIMEOUT", value_name = "DURATION", default_value = "200ms", value_parser = interval)]
    pub lock_timeout: Duration,
}

impl PoolArgs {
    /// The settings of batching. Its queue has the timeout of connections, because waiting in it is waiting for one.
    #[must_use]
    pub fn batches(&self) -> BatchSettings {
        BatchSettings {
            max_rows: self.batch_rows.get(),
            capacity: self.queue.get(),
            capacity_bytes: self.queue_bytes.get(),
            max_wait: self.database_wait,
        }
    }

    /// The settings of a pool on `url`.
    #[must_use]
    pub fn settings(&self, url: SecretString) -> PoolSettings {
        let a_quarter = (self.database_connections.get() / 4).max(1);
        PoolSettings {
            url,
            organization_connections: self.organization_connections.map_or(a_quarter, NonZeroU32::get),
            lock_timeout: self.lock_timeout,
            max_connections: self.database_connections.get(),
            acquire_timeout: self.database_wait,
            statement_timeout: self.statement_timeout,
        }
    }
}

/// The HTTP server and its shutdown.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    /// The address to listen on; port 0 selects a free port
    #[arg(long, env = "UPROF_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The address that serves /metrics, on a separate port; port 0 selects a free port [default: none]
    #[arg(long, env = "UPROF_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// The number of worker threads [default: one per core]
    #[arg(long, env = "UPROF_WORKERS", value_name = "N")]
    pub workers: Option<NonZeroUsize>,

    /// The largest request body, in bytes
    #[arg(long, env = "UPROF_MAX_BODY_BYTES", value_name = "BYTES", default_value = "262144")]
    pub max_body_bytes: usize,

    /// The largest body of a batch of user profiles, in bytes; batches hold about seven times as much memory at the most
    #[arg(long, env = "UPROF_MAX_BATCH_BODY_BYTES", value_name = "BYTES", default_value = "8388608")]
    pub max_batch_body_bytes: usize,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub connections: ConnectionArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub limits: LimitArgs,

    /// The http(s) URL under which people reach this service; every link starts with it [default: the address it listens on]
    #[arg(long, env = "UPROF_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// The lifetime of an enrollment link, from 1s to 365d
    #[arg(long, env = "UPROF_LINK_LIFETIME", value_name = "DURATION", default_value = "15m", value_parser = link_lifetime)]
    pub link_lifetime: Duration,

    /// Whether enrollment links are created and can be opened
    #[arg(long, env = "UPROF_ENROLLMENT", value_name = "SWITCH", default_value = "on")]
    pub enrollment: Switch,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub history: HistoryArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub retention: RetentionArgs,

    /// After SIGTERM: how long to keep serving while /health/ready answers 503, so that load balancers notice
    #[arg(long, env = "UPROF_DRAIN", value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub drain: Duration,

    /// After that: the timeout for requests in flight
    #[arg(long, env = "UPROF_GRACE", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub grace: Duration,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub webhooks: WebhookArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub pool: PoolArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub log: LogArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub traces: TraceArgs,
}

impl ServerArgs {
    /// The settings of links that a server on `address` creates.
    #[must_use]
    pub fn links(&self, address: SocketAddr) -> LinkSettings {
        let authority = match address {
            // The unspecified address cannot be connected to.
            everywhere if everywhere.ip().is_unspecified() => format!("localhost:{}", everywhere.port()),
            address => address.to_string(),
        };
        let public_url = self.public_url.as_ref().map_or_else(|| format!("http://{authority}"), Url::to_string);
        LinkSettings { public_url, lifetime: self.link_lifetime, are_enabled: self.enrollment == Switch::On }
    }

    /// The settings of the HTTP server.
    #[must_use]
    pub fn http(&self) -> HttpSettings {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        HttpSettings {
            workers: self.workers.unwrap_or(cores).get(),
            max_body_bytes: self.max_body_bytes,
            max_batch_body_bytes: self.max_batch_body_bytes,
            header_timeout: self.connections.header_timeout,
            body_timeout: self.connections.body_timeout,
            keep_alive: self.connections.keep_alive,
            write_timeout: self.connections.write_timeout,
            max_connections: self.connections.max_connections.get(),
            grace: self.grace,
        }
    }
}

/// A feature that can be disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// Enabled.
    On,
    /// Disabled.
    Off,
}
