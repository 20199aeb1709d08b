//! Migrations: refinery's runner on a sqlx connection, one process at a time.

use std::sync::LazyLock;
use std::time::Duration;

use refinery::Migration;
use refinery::error::Kind;
use secrecy::SecretString;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

use super::migrator::Migrator;
use crate::storage::pool::settings::connect_options;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The advisory lock held while migrating: refinery takes none, and replicas may start together. Any number that no other application uses
/// in this database.
const MIGRATION_LOCK: i64 = 0x7570_726f_666d_6967;

/// How often the lock is tried for. A session that waited for it in a statement would be waited for by `create index concurrently`.
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// How long connecting, and comparing the schema, may take before the start fails.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why the schema cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Not a valid `postgres://` URL.
    #[error("{0}")]
    Url(String),
    /// The connection failed.
    #[error("the database cannot be reached: {0} (is it running, and DATABASE_URL right?)")]
    Unreachable(String),
    /// An applied migration differs from this binary's.
    #[error(
        "the database's schema is not this release's ({0} differs): start the release that made it, or a newer one"
    )]
    OtherRelease(String),
    /// A migration failed.
    #[error("the schema cannot be migrated: {0}")]
    Migration(refinery::Error),
    /// A statement around the migrations failed.
    #[error("the schema cannot be migrated: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<refinery::Error> for SchemaError {
    fn from(error: refinery::Error) -> Self {
        match error.kind() {
            Kind::DivergentVersion(applied, _) | Kind::MissingVersion(applied) => {
                Self::OtherRelease(applied.to_string())
            }
            _ => Self::Migration(error),
        }
    }
}

/// How the database's schema compares with what this binary needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// It is this binary's.
    Current,
    /// These migrations have not run yet; named as `V1__organizations`.
    Behind(Vec<String>),
    /// These applied migrations are unknown to this binary, which can run beside the release that made them.
    Newer(Vec<String>),
    /// These applied migrations are unknown to this binary, and some took away what it needs.
    Ahead(Vec<String>),
}

/// Brings the schema up to date, under a lock, each migration in a transaction of its own; answers how many ran. A schema that is
/// [newer](SchemaState::Newer) stays as it is.
///
/// # Errors
/// [`SchemaError`]; the migrations before the one that failed stay applied, and the next call goes on after them.
pub async fn migrate(url: &SecretString) -> Result<usize, SchemaError> {
    let mut connection = connect(url).await?;
    while !sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(MIGRATION_LOCK).fetch_one(&mut connection).await?
    {
        sleep(LOCK_PAUSE).await;
    }
    let outcome = match compare(&mut connection).await {
        Ok(SchemaState::Newer(_)) => Ok(0),
        Ok(_) => run(&mut connection).await,
        Err(error) => Err(error),
    };
    // Closing releases the lock as well.
    connection.close().await?;
    outcome
}

async fn run(connection: &mut PgConnection) -> Result<usize, SchemaError> {
    Ok(embedded::migrations::runner().run_async(&mut Migrator(connection)).await?.applied_migrations().len())
}

/// Compares the schema with this binary's, without changes.
///
/// # Errors
/// [`SchemaError`].
pub async fn schema_state(url: &SecretString) -> Result<SchemaState, SchemaError> {
    let compared = async {
        let mut connection = connect(url).await?;
        let state = compare(&mut connection).await?;
        connection.close().await?;
        Ok(state)
    };
    timeout(RESPONSE_TIMEOUT, compared).await.map_err(no_answer)?
}

/// The version of the newest migration that this binary holds.
pub(super) fn newest_version() -> i32 {
    static NEWEST: LazyLock<i32> = LazyLock::new(|| {
        let runner = embedded::migrations::runner();
        runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default()
    });
    *NEWEST
}

async fn compare(connection: &mut PgConnection) -> Result<SchemaState, SchemaError> {
    let runner = embedded::migrations::runner();
    let applied = if exists(connection, "refinery_schema_history").await? {
        runner.get_applied_migrations_async(&mut Migrator(connection)).await?
    } else {
        Vec::new()
    };
    let missing_in = |known: &[Migration], among: &[Migration]| -> Vec<String> {
        // Equal migrations have the same version, name and checksum.
        let mut missing: Vec<_> = among.iter().filter(|migration| !known.contains(migration)).collect();
        // refinery lists them in the order of file names, in which 10 comes before 2.
        missing.sort_unstable();
        missing.into_iter().map(ToString::to_string).collect()
    };
    let ahead = missing_in(runner.get_migrations(), &applied);
    let behind = missing_in(&applied, runner.get_migrations());
    Ok(match (ahead.is_empty(), behind.is_empty()) {
        (true, true) => SchemaState::Current,
        (true, false) => SchemaState::Behind(behind),
        (false, true) if can_run(connection).await? => SchemaState::Newer(ahead),
        (false, _) => SchemaState::Ahead(ahead),
    })
}

/// Whether no migration, known or not, took away what this binary needs.
async fn can_run(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let needed: Option<i32> =
        sqlx::query_scalar("select max(version) from schema_requirement").fetch_one(connection).await?;
    Ok(needed <= Some(newest_version()))
}

async fn exists(connection: &mut PgConnection, table: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select to_regclass($1) is not null").bind(table).fetch_one(connection).await
}

async fn connect(url: &SecretString) -> Result<PgConnection, SchemaError> {
    let options = connect_options(url).map_err(|error| SchemaError::Url(error.to_string()))?;
    let connected = timeout(RESPONSE_TIMEOUT, PgConnection::connect_with(&options)).await.map_err(no_answer)?;
    connected.map_err(|error| SchemaError::Unreachable(error.to_string()))
}

fn no_answer(_: Elapsed) -> SchemaError {
    SchemaError::Unreachable(format!("no answer within {} s", RESPONSE_TIMEOUT.as_secs()))
}
