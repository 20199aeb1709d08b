//! Enrollment links that expired unused.

use sqlx::postgres::PgConnection;

use super::batch::BATCH;
use crate::domain::clock::Timestamp;

/// Deletes links that expired unused by `now`. Answers how many.
pub(super) async fn delete_expired(connection: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "delete from enrollments
          where (organization_id, profile_id, id) in (
                select organization_id,
                       profile_id,
                       id
                  from enrollments
                 where expires_at <= $1
                   and used_at is null
                 order by expires_at
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
