//! Whether the database answers, and holds the schema that this binary needs.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::migrate::newest_version;
use crate::domain::repository::Readiness;
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::pool::Pool;
use crate::storage::pool::error::unavailable;

/// [`Readiness`] on Postgres, over a connection of its own: whatever the others are used for, it answers. Concurrent checks share an answer.
#[derive(Clone, Debug)]
pub struct PgReadiness {
    pool: Pool,
    last: Arc<Mutex<Option<LastCheck>>>,
}

#[derive(Debug)]
struct LastCheck {
    started_at: Instant,
    answer: Result<()>,
}

impl PgReadiness {
    /// The readiness of the database of `pool`, which serves nothing else.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool, last: Arc::default() }
    }
}

#[async_trait]
impl Readiness for PgReadiness {
    /// A schema that is behind is not ready: the database was restored from an older backup, or is a different database. A schema that is ahead is:
    /// a newer replica has migrated it, migrations only add within a release, and replicas of the old release serve until they are
    /// replaced. (A binary does not *start* on a newer schema.)
    #[tracing::instrument(level = "debug", name = "readiness.check", skip_all)]
    async fn check(&self) -> Result<()> {
        let called_at = Instant::now();
        let mut last = self.last.lock().await;
        // An answer is shared by those who called before its query began, so it is never older than the call.
        if let Some(check) = last.as_ref().filter(|check| check.started_at >= called_at) {
            return shared(&check.answer);
        }
        let started_at = Instant::now();
        let answer = compare_schema(&self.pool).await;
        *last = Some(LastCheck { started_at, answer: shared(&answer) });
        answer
    }
}

fn shared(answer: &Result<()>) -> Result<()> {
    answer.as_ref().copied().map_err(Error::duplicate)
}

async fn compare_schema(pool: &Pool) -> Result<()> {
    let found: Result<(Option<i32>, Option<i32>)> = pool
        .read(|connection| {
            Box::pin(async move {
                let select = sqlx::query_as(
                    "select (select max(version) from refinery_schema_history),
                            (select max(version) from schema_requirement)",
                );
                Ok(select.fetch_one(connection).await?)
            })
        })
        .await;
    match found {
        Ok((_, Some(needed))) if needed > newest_version() => Err(unavailable().caused_by(format!(
            "migration {needed} of a newer release took away what this release needs: start the newer one"
        ))),
        Ok((Some(version), _)) if version >= newest_version() => Ok(()),
        Ok((version, _)) => Err(unavailable().caused_by(format!(
            "the schema is at version {}, this release needs {}: run `uprof migrate`",
            version.unwrap_or_default(),
            newest_version()
        ))),
        // The table is missing, or may not be read.
        Err(Error { kind: ErrorKind::Internal, cause, .. }) => Err(Error { cause, ..unavailable() }),
        Err(error) => Err(error),
    }
}
