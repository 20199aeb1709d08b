//! How one migration runs while services write: refinery's three traits on a sqlx connection, so that no second driver is needed.

use std::time::Duration;

use refinery::Migration;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Result};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::sleep;

/// The first line of a migration whose statements each run outside a transaction, as `create index concurrently` has to. All of them may
/// run again: a failure leaves those before it done.
const OUTSIDE_A_TRANSACTION: &str = "-- runs outside a transaction\n";

/// While a statement waits for a lock, those that come after it wait too: it gives up soon, and tries again later.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '100ms'";

/// The time between two attempts: the transactions that waited meanwhile are done by then.
const LOCK_PAUSE: Duration = Duration::from_secs(1);

/// How often a lock is tried for: about five minutes. A transaction that holds it for longer has to be ended by the operator.
const LOCK_ATTEMPTS: usize = 300;

pub(super) struct Migrator<'c>(pub(super) &'c mut PgConnection);

impl AsyncTransaction for Migrator<'_> {
    type Error = sqlx::Error;

    /// Runs a migration and what records it, in one transaction unless the migration says otherwise.
    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(&'a mut self, queries: T) -> Result<usize> {
        let queries: Vec<&str> = queries.collect();
        if let Some((migration, record)) = queries.split_first()
            && let Some(statements) = migration.strip_prefix(OUTSIDE_A_TRANSACTION)
        {
            for statement in statements.split_inclusive(";\n") {
                self.outside_a_transaction(statement).await?;
            }
            self.in_a_transaction(record).await?;
        } else {
            self.in_a_transaction(&queries).await?;
        }
        Ok(queries.len())
    }
}

impl Migrator<'_> {
    async fn in_a_transaction(&mut self, queries: &[&str]) -> Result<()> {
        for _ in 1..LOCK_ATTEMPTS {
            match self.attempt(queries).await {
                Err(error) if is_lock_timeout(&error) => sleep(LOCK_PAUSE).await,
                outcome => return outcome,
            }
        }
        self.attempt(queries).await
    }

    async fn attempt(&mut self, queries: &[&str]) -> Result<()> {
        let mut transaction = self.0.begin().await?;
        for query in [LOCK_TIMEOUT].iter().chain(queries) {
            run(&mut transaction, query).await?;
        }
        transaction.commit().await
    }

    async fn outside_a_transaction(&mut self, statement: &str) -> Result<()> {
        if let Some(index) = built_concurrently(statement) {
            // What a build leaves behind that was canceled: it slows writes, serves no read, and counts as existing.
            let is_invalid: bool = sqlx::query_scalar(
                "select exists (select from pg_index where indexrelid = to_regclass($1) and not indisvalid)",
            )
            .bind(index)
            .fetch_one(&mut *self.0)
            .await?;
            if is_invalid {
                run(self.0, &format!("drop index concurrently {index}")).await?;
            }
        }
        run(self.0, statement).await
    }
}

/// Safe: the text is a file of `migrations/`, or refinery's or our own.
async fn run(connection: &mut PgConnection, query: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(query.to_owned())).execute(connection).await.map(drop)
}

/// The name of the index that `statement` creates while others write.
fn built_concurrently(statement: &str) -> Option<&str> {
    let (_, created) = statement.split_once("index concurrently if not exists ")?;
    created.split_whitespace().next()
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "55P03")
}

impl AsyncQuery<Vec<Migration>> for Migrator<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>> {
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
