//! `uprof serve`.

use actix_web::rt::System;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::shutdown::{Signals, run_until_signal};
use crate::app::{Application, check_descriptors};
use crate::cli::error::{CliError, VerbResult};
use crate::config::{DURATION_HELP, ServerArgs};
use crate::metrics::Registry;
use crate::storage::migrate;
use crate::telemetry;

#[derive(Args, Debug)]
#[command(after_help = DURATION_HELP)]
pub(in crate::cli) struct Serve {
    /// The Postgres to use, as postgres://USER:PASSWORD@HOST:PORT/DATABASE. Required
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<SecretString>,

    /// Migrate the schema first; replicas that start together take turns
    #[arg(long, env = "UPROF_MIGRATE")]
    migrate: bool,

    #[command(flatten)]
    server: ServerArgs,
}

impl Serve {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let registry = Registry::default();
        let _log = telemetry::start(&self.server.log, &registry)?;
        let database_url = self
            .database_url
            .filter(|url| !url.expose_secret().is_empty())
            .ok_or("serve needs a database: set DATABASE_URL, or run `uprof dev`, which starts one")?;
        check_descriptors(&self.server)?;
        System::new().block_on(async {
            let mut signals = Signals::listen()?;
            let starting = async {
                if self.migrate {
                    let applied = migrate(&database_url).await?;
                    tracing::info!(migrations.applied = applied, "schema is current");
                }
                Ok::<_, CliError>(Application::build(database_url, &self.server, &registry).await?)
            };
            let Some(application) = signals.unless_signalled(starting).await else { return Ok(()) };
            let application = application?;
            if let Some(metrics) = application.metrics_address() {
                tracing::info!("metrics at http://{metrics}/metrics");
            }
            tracing::info!("listening on http://{}", application.address());
            run_until_signal(application, signals, std::future::pending()).await
        })
    }
}
