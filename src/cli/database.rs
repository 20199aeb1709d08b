//! The database connection of verbs that run briefly.

use actix_web::rt::System;
use secrecy::{ExposeSecret, SecretString};

use crate::app::check_schema;
use crate::cli::error::CliError;
use crate::config::DatabaseArgs;
use crate::database::{Database, EmbeddedOptions};
use crate::domain::Error;
use crate::storage::migrate;
use crate::storage::{Pool, PoolSettings};

/// Runs `work` on the database that `args` select. The embedded one is started if it is not running, and stopped afterwards.
pub(super) fn with_database<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(SecretString) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let url = args.external.url()?.map(|url| url.expose_secret().to_owned());
    let options = EmbeddedOptions { data_dir: args.embedded.data_dir.clone(), ..EmbeddedOptions::default() };
    let database = Database::for_command(url, &options)?;
    let done = System::new().block_on(work(SecretString::from(database.url())));
    database.stop()?;
    done
}

/// Runs `work` on a pool of connections to that database.
///
/// # Errors
/// The schema is not current; the embedded database is migrated first.
pub(super) fn with_pool<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(Pool) -> Result<T, Error>,
) -> Result<T, CliError> {
    with_database(args, async |url| {
        // Only this binary uses the embedded database, so migrating needs no consent.
        if !args.external.is_given() {
            migrate(&url).await?;
        }
        check_schema(&url).await?;
        let pool = Pool::new(&PoolSettings::for_one(url))?;
        let done = work(pool.clone()).await;
        pool.close().await;
        done.map_err(|error| match &error.cause {
            // The cause of a mistake by the operator adds nothing to its message.
            Some(cause) if error.is_fault() => format!("{error} ({cause})").into(),
            _ => error.into(),
        })
    })
}
