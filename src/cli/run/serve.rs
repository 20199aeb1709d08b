//! `uprof serve`.

use actix_web::rt::System;
use clap::Args;
use secrecy::SecretString;

use super::shutdown::{Signals, run_until_signal};
use crate::app::{Application, check_descriptors};
use crate::cli::error::{CliError, VerbResult};
use crate::config::{DURATION_HELP, LogFormat, MigrationArgs, ServerArgs, UrlArgs};
use crate::metrics::Registry;
use crate::storage::migrate;
use crate::telemetry;

#[derive(Args, Debug)]
#[command(after_help = DURATION_HELP)]
pub(in crate::cli) struct Serve {
    #[command(flatten)]
    database: UrlArgs,

    /// Migrate the schema first; replicas that start together take turns
    #[arg(long, env = "UPROF_MIGRATE")]
    migrate: bool,

    #[command(flatten)]
    migration: MigrationArgs,

    #[command(flatten)]
    pub(super) server: ServerArgs,
}

impl Serve {
    pub(in crate::cli) fn run(self) -> VerbResult {
        let registry = Registry::default();
        let _telemetry = telemetry::start(&self.server, &registry)?;
        let database_url = self.database_url()?;
        let migration_url = self.migration_url()?.unwrap_or_else(|| database_url.clone());
        self.check()?;
        check_descriptors(&self.server)?;
        System::new().block_on(async {
            let mut signals = Signals::listen()?;
            let starting = async {
                if self.migrate {
                    let applied = migrate(&migration_url).await?;
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

    /// The form of the log, and so of the error that ends the verb.
    pub(in crate::cli) fn log_format(&self) -> LogFormat {
        self.server.log.format()
    }

    /// The database of the service.
    ///
    /// # Errors
    /// None is given, or two are.
    pub(super) fn database_url(&self) -> Result<SecretString, String> {
        self.database
            .url()?
            .ok_or_else(|| "serve needs a database: set DATABASE_URL, or run `uprof dev`, which starts one".to_owned())
    }

    /// The database as the role that migrates it, if it has one of its own.
    ///
    /// # Errors
    /// Two are given.
    pub(super) fn migration_url(&self) -> Result<Option<SecretString>, String> {
        self.migration.url(&self.database.password)
    }

    /// Whether the settings fit each other.
    ///
    /// # Errors
    /// What contradicts.
    pub(super) fn check(&self) -> Result<(), String> {
        let contradictions = self.server.contradictions();
        if contradictions.is_empty() {
            Ok(())
        } else {
            Err(format!("contradicting settings: {}", contradictions.join("; ")))
        }
    }
}
