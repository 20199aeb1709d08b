//! Stored answers that are past their retention.

use sqlx::postgres::PgConnection;

use super::batch::BATCH;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;

/// Deletes answers that were stored longer than [`IDEMPOTENCY_RETENTION`] before `now`. Answers how many.
pub(super) async fn delete_expired(connection: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "delete from idempotency_keys
          where (organization_id, key) in (
                select organization_id,
                       key
                  from idempotency_keys
                 where created_at <= $1
                 order by created_at
                 limit $2
                   for update skip locked
          )",
    )
    .bind(now - IDEMPOTENCY_RETENTION)
    .bind(BATCH)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
