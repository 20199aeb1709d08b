//! How a verb that runs briefly reaches the database.

use actix_web::rt::System;
use secrecy::SecretString;

use crate::app::check_schema;
use crate::cli::error::CliError;
use crate::config::DatabaseArgs;
use crate::database::{Database, EmbeddedOptions};
use crate::domain::Error;
use crate::storage::migrate;
use crate::storage::{Pool, PoolSettings};

/// Does `work` on the database that `args` name; the embedded one is started for it unless it runs already.
pub(in crate::cli) fn with_database<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(SecretString) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let url = args.url();
    let options = EmbeddedOptions { data_dir: args.embedded.data_dir.clone(), ..EmbeddedOptions::default() };
    let database = Database::for_command(url, &options)?;
    let done = System::new().block_on(work(SecretString::from(database.url())));
    database.stop()?;
    done
}

/// Does `work` on a pool of the database, whose schema is current.
pub(in crate::cli) fn with_pool<T>(
    args: &DatabaseArgs,
    work: impl AsyncFnOnce(Pool) -> Result<T, Error>,
) -> Result<T, CliError> {
    with_database(args, async |url| {
        // The embedded database belongs to this binary alone, so nobody is asked.
        if args.url().is_none() {
            migrate(&url).await?;
        }
        check_schema(&url).await?;
        let pool = Pool::new(&PoolSettings::for_one(url))?;
        let done = work(pool.clone()).await;
        pool.close().await;
        done.map_err(|error| match &error.cause {
            // A mistake of the operator is told by its message alone.
            Some(cause) if error.is_fault() => format!("{error} ({cause})").into(),
            _ => error.into(),
        })
    })
}
