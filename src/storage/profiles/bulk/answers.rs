//! The stored answers to batches.

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Fingerprint, IDEMPOTENCY_RETENTION, KeyedRequest, Replay, RequestOutcome};
use crate::domain::profile::batch::BatchAnswer;
use crate::storage::idempotency::records::{answer_erased, check_fingerprint, record_vanished};
use crate::storage::pool::error::StorageError;

/// Stores `answer`, which shows the profiles with `profile_ids`, for replays of `request`, whose key the transaction has claimed.
pub(super) async fn store(
    connection: &mut PgConnection,
    organization: OrganizationId,
    request: &KeyedRequest,
    now: Timestamp,
    profile_ids: Vec<Uuid>,
    answer: &[u8],
) -> sqlx::Result<()> {
    // There may be the answer to a request whose key has expired.
    sqlx::query(
        "delete from batch_answers
          where organization_id = $1
            and key = $2",
    )
    .bind(organization.uuid())
    .bind(request.key.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "with stored as (
             insert into batch_answers (organization_id, key, created_at, answer)
             values ($1, $2, $3, $4)
         )
         insert into batch_answer_profiles (organization_id, key, profile_id)
         select $1,
                $2,
                profile_id
           from unnest($5::uuid[]) as shown (profile_id)",
    )
    .bind(organization.uuid())
    .bind(request.key.as_str())
    .bind(now)
    .bind(answer)
    .bind(profile_ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// The record of a taken key, and the size of its answer if that can be given again.
type RecordRow = (Vec<u8>, Option<i32>);

/// Replays the answer to the batch whose key `request` has, in memory that `memory` takes for it.
///
/// # Errors
/// `Invalid` if the stored request differs; `Conflict` if a profile of the answer was erased; `Unavailable` if the record was deleted in between,
/// or without memory.
pub(super) async fn replay(
    connection: &mut PgConnection,
    organization: OrganizationId,
    request: &KeyedRequest,
    now: Timestamp,
    memory: &mut dyn BatchAnswer,
) -> std::result::Result<RequestOutcome<Vec<u8>>, StorageError> {
    // The erasure of an answer may lag behind that of its profiles.
    let row: Option<RecordRow> = sqlx::query_as(
        "select k.fingerprint,
                (
                    select octet_length(b.answer)
                      from batch_answers b
                     where b.organization_id = k.organization_id
                       and b.key = k.key
                       and not exists (
                           select
                             from batch_answer_profiles shown
                             left join user_profiles p
                               on p.organization_id = shown.organization_id
                              and p.id = shown.profile_id
                            where shown.organization_id = b.organization_id
                              and shown.key = b.key
                              and p.id is null
                     )
                )
           from idempotency_keys k
          where k.organization_id = $1
            and k.key = $2
            and k.created_at > $3",
    )
    .bind(organization.uuid())
    .bind(request.key.as_str())
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_optional(&mut *connection)
    .await?;
    let (fingerprint, bytes) = row.ok_or_else(record_vanished)?;
    let stored: Option<[u8; 32]> = fingerprint.try_into().ok();
    check_fingerprint(stored.map(Fingerprint), request.fingerprint)?;
    let bytes = bytes.ok_or_else(answer_erased)?;
    memory.cover(usize::try_from(bytes).unwrap_or(usize::MAX))?;
    let answer: Option<Vec<u8>> = sqlx::query_scalar(
        "select answer
           from batch_answers
          where organization_id = $1
            and key = $2",
    )
    .bind(organization.uuid())
    .bind(request.key.as_str())
    .fetch_optional(connection)
    .await?;
    let answer = answer.ok_or_else(answer_erased)?;
    Ok(RequestOutcome::Replayed(Replay { answer, revision: None }))
}
