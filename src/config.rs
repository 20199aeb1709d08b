//! Settings: each a flag and an environment variable; `--help` is the reference.

mod values;

use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::domain::webhook::url::Reach;
use crate::http::{HttpSettings, LinkSettings};
use crate::storage::{BatchSettings, PoolSettings};
use crate::webhook::DispatcherSettings;
pub(crate) use values::{DURATION_HELP, duration, service_url};
use values::{interval, link_lifetime, public_url};

/// Which database.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    /// The Postgres to use, as postgres://USER:PASSWORD@HOST:PORT/DATABASE. Without it, the embedded one
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub embedded: EmbeddedArgs,
}

impl DatabaseArgs {
    /// The URL, if one was given; an empty one is none.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        self.database_url.as_ref().map(|url| url.expose_secret().to_owned()).filter(|url| !url.is_empty())
    }
}

/// Where the embedded database lives.
#[derive(Args, Clone, Debug)]
pub struct EmbeddedArgs {
    /// Where the embedded database keeps its data [default: /var/lib/uprof for root, else the user's data directory]
    #[arg(long, env = "UPROF_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// How the database is used.
#[derive(Args, Clone, Debug)]
pub struct PoolArgs {
    /// The most connections to Postgres
    // Measured on two cores: 4, 8, 16 and 32 served 64 clients 1,440, 1,530, 1,620 and 1,590 lists (which are not grouped) a second.
    #[arg(long, env = "UPROF_DATABASE_CONNECTIONS", value_name = "N", default_value = "16")]
    pub database_connections: NonZeroU32,

    /// How long a request waits for a connection
    #[arg(long, env = "UPROF_DATABASE_WAIT", value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub database_wait: Duration,

    /// The most requests that one transaction serves; 1 gives each its own
    #[arg(long, env = "UPROF_BATCH_ROWS", value_name = "N", default_value = "256")]
    pub batch_rows: NonZeroUsize,

    /// The most requests of a kind that wait for a transaction; more are answered 503
    #[arg(long, env = "UPROF_QUEUE", value_name = "N", default_value = "4096")]
    pub queue: NonZeroUsize,

    /// How long a statement may run
    #[arg(long, env = "UPROF_STATEMENT_TIMEOUT", value_name = "DURATION", default_value = "3s", value_parser = duration)]
    pub statement_timeout: Duration,
}

impl PoolArgs {
    /// How requests are grouped. One that waits to be taken waits for a connection, in effect.
    #[must_use]
    pub fn batches(&self) -> BatchSettings {
        BatchSettings { max_rows: self.batch_rows.get(), capacity: self.queue.get(), max_wait: self.database_wait }
    }

    /// The settings of a pool on `url`.
    #[must_use]
    pub fn settings(&self, url: SecretString) -> PoolSettings {
        PoolSettings {
            url,
            max_connections: self.database_connections.get(),
            acquire_timeout: self.database_wait,
            statement_timeout: self.statement_timeout,
        }
    }
}

/// How the service listens and ends.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env = "UPROF_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// The address at which /metrics is read, on a port of its own; port 0 takes a free one [default: nowhere]
    #[arg(long, env = "UPROF_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// How many threads serve [default: one a core]
    #[arg(long, env = "UPROF_WORKERS", value_name = "N")]
    pub workers: Option<NonZeroUsize>,

    /// The largest request body, in bytes
    #[arg(long, env = "UPROF_MAX_BODY_BYTES", value_name = "BYTES", default_value = "262144")]
    pub max_body_bytes: usize,

    /// How long the head of a request may take to arrive
    #[arg(long, env = "UPROF_HEADER_TIMEOUT", value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub header_timeout: Duration,

    /// How long the body of a request may take to arrive
    #[arg(long, env = "UPROF_BODY_TIMEOUT", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub body_timeout: Duration,

    /// The http(s) URL under which people reach this service; every link starts with it [default: the address it listens on]
    #[arg(long, env = "UPROF_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// How long an enrollment link can be opened
    #[arg(long, env = "UPROF_LINK_LIFETIME", value_name = "DURATION", default_value = "15m", value_parser = link_lifetime)]
    pub link_lifetime: Duration,

    /// Whether links for enrollment are handed out and open anything
    #[arg(long, env = "UPROF_ENROLLMENT", value_name = "SWITCH", default_value = "on")]
    pub enrollment: Switch,

    /// How long an idle connection is kept
    #[arg(long, env = "UPROF_KEEP_ALIVE", value_name = "DURATION", default_value = "75s", value_parser = duration)]
    pub keep_alive: Duration,

    /// After SIGTERM: how long to keep serving while /health/ready already says no, so that a load balancer notices
    #[arg(long, env = "UPROF_DRAIN", value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub drain: Duration,

    /// After that: how long requests in flight may take to finish
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
}

impl ServerArgs {
    /// The settings of the links that a server on `address` hands out.
    #[must_use]
    pub fn links(&self, address: SocketAddr) -> LinkSettings {
        let reached = match address {
            // Listening everywhere is no address to be reached at.
            everywhere if everywhere.ip().is_unspecified() => format!("localhost:{}", everywhere.port()),
            address => address.to_string(),
        };
        let public_url = self.public_url.as_ref().map_or_else(|| format!("http://{reached}"), Url::to_string);
        LinkSettings { public_url, lifetime: self.link_lifetime, are_enabled: self.enrollment == Switch::On }
    }

    /// The settings of the HTTP server.
    #[must_use]
    pub fn http(&self) -> HttpSettings {
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        HttpSettings {
            workers: self.workers.unwrap_or(cores).get(),
            max_body_bytes: self.max_body_bytes,
            header_timeout: self.header_timeout,
            body_timeout: self.body_timeout,
            keep_alive: self.keep_alive,
            grace: self.grace,
        }
    }
}

/// How organizations are told of what happens.
#[derive(Args, Clone, Copy, Debug)]
pub struct WebhookArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub reach: ReachArgs,

    /// How long an endpoint of a webhook may take to answer
    #[arg(long, env = "UPROF_WEBHOOKS_TIMEOUT", value_name = "DURATION", default_value = "15s", value_parser = interval)]
    pub webhooks_timeout: Duration,

    /// How often to look for webhooks that are due
    #[arg(long, env = "UPROF_WEBHOOKS_POLL", value_name = "DURATION", default_value = "1s", value_parser = interval)]
    pub webhooks_poll: Duration,

    /// The most webhooks on their way at once
    #[arg(long, env = "UPROF_WEBHOOKS_CONCURRENCY", value_name = "N", default_value = "64")]
    pub webhooks_concurrency: NonZeroUsize,
}

/// Which addresses webhooks may be sent to.
#[derive(Args, Clone, Copy, Debug)]
pub struct ReachArgs {
    /// Allow webhooks by http, to this machine and to private networks. For a laptop only; `uprof dev` always does
    #[arg(long, env = "UPROF_WEBHOOKS_ALLOW_INSECURE")]
    pub webhooks_allow_insecure: bool,
}

impl ReachArgs {
    /// The addresses that are allowed.
    #[must_use]
    pub const fn allowed(self) -> Reach {
        if self.webhooks_allow_insecure { Reach::Anywhere } else { Reach::Internet }
    }
}

impl WebhookArgs {
    /// The addresses that webhooks may be sent to.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach.allowed()
    }

    /// The settings of what delivers them.
    #[must_use]
    pub const fn dispatcher(&self) -> DispatcherSettings {
        DispatcherSettings {
            reach: self.reach(),
            timeout: self.webhooks_timeout,
            poll: self.webhooks_poll,
            concurrency: self.webhooks_concurrency.get(),
        }
    }
}

/// Something that an operator can switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It works.
    On,
    /// As if it were not there.
    Off,
}

/// The server's own account of its starts and stops, and Postgres' notices, say nothing to an operator.
const DEFAULT_FILTER: &str = "info,actix_server=warn,sqlx=warn";

/// What is logged, and how. Logs go to standard error.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// What to log: a level (error, warn, info, debug, trace), or levels by module
    #[arg(long, env = "UPROF_LOG", value_name = "FILTER", default_value = DEFAULT_FILTER)]
    pub log: String,

    /// How: text for people, json for machines [default: text on a terminal, else json]
    #[arg(long, env = "UPROF_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// The forms of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
