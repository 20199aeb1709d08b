//! Whether the database answers, and holds the schema that this binary needs.

use async_trait::async_trait;

use super::migrate::newest_version;
use crate::domain::repository::Readiness;
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::pool::Pool;
use crate::storage::pool::error::unavailable;

#[async_trait]
impl Readiness for Pool {
    /// A schema that is behind is not ready: the database was restored from an older backup, or is a different database. A schema that is ahead is:
    /// a newer replica has migrated it, migrations only add within a release, and replicas of the old release serve until they are
    /// replaced. (A binary does not *start* on a newer schema.)
    #[tracing::instrument(level = "debug", name = "readiness.check", skip_all)]
    async fn check(&self) -> Result<()> {
        let applied: Result<Option<i32>> = self
            .read(|connection| {
                Box::pin(async move {
                    Ok(sqlx::query_scalar("select max(version) from refinery_schema_history")
                        .fetch_one(connection)
                        .await?)
                })
            })
            .await;
        match applied {
            Ok(Some(version)) if version >= newest_version() => Ok(()),
            Ok(version) => Err(unavailable().caused_by(format!(
                "the schema is at version {}, this release needs {}: run `uprof migrate`",
                version.unwrap_or_default(),
                newest_version()
            ))),
            // The table is missing, or may not be read.
            Err(Error { kind: ErrorKind::Internal, cause, .. }) => Err(Error { cause, ..unavailable() }),
            Err(error) => Err(error),
        }
    }
}
