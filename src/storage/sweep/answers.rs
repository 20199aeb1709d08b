//! Stored answers that are past their retention.

use sqlx::postgres::PgConnection;

use super::batch::BATCH;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;

/// The most answers to batches that one transaction deletes: each has up to 9 MiB.
const BATCH_ANSWERS: i64 = 10;

/// Deletes answers that were stored longer than [`IDEMPOTENCY_RETENTION`] before `now`. Answers how many.
pub(super) async fn delete_expired(connection: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let deleted: i64 = sqlx::query_scalar(
        "with batches as (
             delete from batch_answers
              where (organization_id, key) in (
                    select organization_id,
                           key
                      from batch_answers
                     where created_at <= $1
                     order by created_at
                     limit $3
                       for update skip locked
              )
          returning 1
         ), keys as (
             delete from idempotency_keys
              where (organization_id, key) in (
                    select organization_id,
                           key
                      from idempotency_keys
                     where created_at <= $1
                     order by created_at
                     limit $2
                       for update skip locked
              )
          returning 1
         )
         select (select count(*) from batches) + (select count(*) from keys)",
    )
    .bind(now - IDEMPOTENCY_RETENTION)
    .bind(BATCH)
    .bind(BATCH_ANSWERS)
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(deleted).unwrap_or_default())
}
