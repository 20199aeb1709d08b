//! `uprof serve`, and how any verb that serves ends.

use actix_web::rt::System;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::Application;
use crate::cli::error::{CliError, VerbResult};
use crate::config::ServerArgs;
use crate::metrics::Registry;
use crate::storage::migrate;
use crate::telemetry;

#[derive(Args, Debug)]
pub(in crate::cli) struct Serve {
    /// The Postgres to use, as postgres://USER:PASSWORD@HOST:PORT/DATABASE. Required
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<SecretString>,

    /// Bring the schema up to date first; replicas that start together take turns
    #[arg(long, env = "UPROF_MIGRATE")]
    migrate: bool,

    #[command(flatten)]
    server: ServerArgs,
}

impl Serve {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let registry = Registry::default();
        let _log = telemetry::start(&self.server.log, &registry)?;
        let database_url = self.database_url.filter(|url| !url.expose_secret().is_empty()).ok_or(
            "serve needs a database: set DATABASE_URL, or say `uprof dev` for one that comes with the service",
        )?;
        System::new().block_on(async {
            let mut signals = Signals::listen()?;
            let starting = async {
                if self.migrate {
                    let applied = migrate(&database_url).await?;
                    tracing::info!(migrations.applied = applied, "schema is current");
                }
                Ok::<_, CliError>(Application::build(database_url, &self.server, &registry).await?)
            };
            let Some(application) = signals.unless_ended(starting).await else { return Ok(()) };
            let application = application?;
            if let Some(metrics) = application.metrics_address() {
                tracing::info!("metrics at http://{metrics}/metrics");
            }
            tracing::info!("listening on http://{}", application.address());
            until_signalled(application, signals, std::future::pending()).await
        })
    }
}

/// The signals that end a service. One that comes once this exists ends it in order.
pub(in crate::cli) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Takes them from the system, which would end the process at once. Must be called within a runtime.
    pub(in crate::cli) fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// What comes of `work`, which may wait for others; `None` if a signal comes first.
    pub(in crate::cli) async fn unless_ended<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.next() => None,
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves until SIGTERM, SIGINT or `broken` (which tells why); a second signal ends it without waiting for what is in flight.
pub(in crate::cli) async fn until_signalled(
    application: Application,
    mut signals: Signals,
    broken: impl Future<Output = String>,
) -> VerbResult {
    let stopper = application.stopper();
    let mut serving = std::pin::pin!(application.run_until_stopped());
    let cause: Option<CliError> = tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = signals.next() => None,
        why = broken => Some(why.into()),
    };
    tracing::info!("stopping");
    tokio::select! {
        (ended, ()) = async { tokio::join!(serving, stopper.stop()) } => ended?,
        // A server that is stopping hears no second request to stop: it is left where it is, and ends with the process.
        () = signals.next() => tracing::warn!("stopped at once, with what was in flight"),
    }
    tracing::info!("stopped");
    cause.map_or(Ok(()), Err)
}
