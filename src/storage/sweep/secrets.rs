//! Replaced signing secrets that are past their time.

use sqlx::postgres::PgConnection;

use super::batch::BATCH;
use crate::domain::clock::Timestamp;

/// Deletes replaced secrets that are past their time `now`. Answers how many.
pub(super) async fn delete_expired(connection: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "update webhook_endpoints
            set previous_secret = null,
                previous_secret_until = null
          where (organization_id, id) in (
                select organization_id,
                       id
                  from webhook_endpoints
                 where previous_secret_until <= $1
                 limit $2
                   for update skip locked
          )",
    )
    .bind(now)
    .bind(BATCH)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
