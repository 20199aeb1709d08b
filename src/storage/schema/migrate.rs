//! Migrations: refinery's runner on a sqlx connection, one process at a time.

use std::sync::LazyLock;
use std::time::Duration;

use refinery::Migration;
use refinery::error::Kind;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use secrecy::SecretString;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use crate::storage::pool::settings::connect_options;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The advisory lock held while migrating: refinery takes none, and replicas may start together. Any number that no other application uses
/// in this database.
const MIGRATION_LOCK: i64 = 0x7570_726f_666d_6967;

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
    /// These applied migrations are unknown to this binary.
    Ahead(Vec<String>),
}

/// Brings the schema up to date, in one transaction, under a lock; answers how many migrations ran.
///
/// # Errors
/// [`SchemaError`]; nothing has changed then.
pub async fn migrate(url: &SecretString) -> Result<usize, SchemaError> {
    let mut connection = connect(url).await?;
    sqlx::query("select pg_advisory_lock($1)").bind(MIGRATION_LOCK).execute(&mut connection).await?;
    let outcome = embedded::migrations::runner().set_grouped(true).run_async(&mut Migrator(&mut connection)).await;
    // Closing releases the lock as well.
    connection.close().await?;
    Ok(outcome?.applied_migrations().len())
}

/// Compares the schema with this binary's, without changes.
///
/// # Errors
/// [`SchemaError`].
pub async fn schema_state(url: &SecretString) -> Result<SchemaState, SchemaError> {
    timeout(RESPONSE_TIMEOUT, compare(url)).await.map_err(no_answer)?
}

/// The version of the newest migration that this binary holds.
pub(super) fn newest_version() -> i32 {
    static NEWEST: LazyLock<i32> = LazyLock::new(|| {
        let runner = embedded::migrations::runner();
        runner.get_migrations().iter().map(Migration::version).max().unwrap_or_default()
    });
    *NEWEST
}

async fn compare(url: &SecretString) -> Result<SchemaState, SchemaError> {
    let mut connection = connect(url).await?;
    let history: Option<String> =
        sqlx::query_scalar("select to_regclass('refinery_schema_history')::text").fetch_one(&mut connection).await?;
    let runner = embedded::migrations::runner();
    let applied = match history {
        Some(_) => runner.get_applied_migrations_async(&mut Migrator(&mut connection)).await?,
        None => Vec::new(),
    };
    connection.close().await?;
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
        (false, _) => SchemaState::Ahead(ahead),
    })
}

async fn connect(url: &SecretString) -> Result<PgConnection, SchemaError> {
    let options = connect_options(url).map_err(|error| SchemaError::Url(error.to_string()))?;
    let connected = timeout(RESPONSE_TIMEOUT, PgConnection::connect_with(&options)).await.map_err(no_answer)?;
    connected.map_err(|error| SchemaError::Unreachable(error.to_string()))
}

fn no_answer(_: Elapsed) -> SchemaError {
    SchemaError::Unreachable(format!("no answer within {} s", RESPONSE_TIMEOUT.as_secs()))
}

/// refinery's three traits on a sqlx connection, so that no second driver is needed.
struct Migrator<'c>(&'c mut PgConnection);

impl AsyncTransaction for Migrator<'_> {
    type Error = sqlx::Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, sqlx::Error> {
        let mut transaction = self.0.begin().await?;
        let mut count = 0;
        for query in queries {
            // Safe: the text is a file of `migrations/` or refinery's own.
            sqlx::raw_sql(AssertSqlSafe(query.to_owned())).execute(&mut *transaction).await?;
            count += 1;
        }
        transaction.commit().await?;
        Ok(count)
    }
}

impl AsyncQuery<Vec<Migration>> for Migrator<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, sqlx::Error> {
        let rows: Vec<(i32, String, String, String)> =
            sqlx::query_as(AssertSqlSafe(query.to_owned())).fetch_all(&mut *self.0).await?;
        rows.into_iter()
            .map(|(version, name, applied_on, checksum)| {
                let applied_on = OffsetDateTime::parse(&applied_on, &Rfc3339).map_err(decoding)?;
                Ok(Migration::applied(version, name, applied_on, checksum.parse().map_err(decoding)?))
            })
            .collect()
    }
}

impl AsyncMigrate for Migrator<'_> {}

fn decoding(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
