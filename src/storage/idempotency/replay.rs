//! Reads the stored answer to an earlier request with the same key.

use sqlx::postgres::PgConnection;

use super::records::{StoredAnswerRow, record_vanished};
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Fingerprint, IDEMPOTENCY_RETENTION, IdempotencyKey, RequestOutcome};
use crate::storage::pool::error::StorageError;

/// The outcome of a request whose `key` is taken.
///
/// # Errors
/// `Invalid` if the stored request differs; `Conflict` if its profile was erased; `Unavailable` if the record was deleted in between.
pub(in crate::storage) async fn replay<T>(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> std::result::Result<RequestOutcome<T>, StorageError> {
    // The erasure of an answer may lag behind that of its profile.
    let row: Option<StoredAnswerRow> = sqlx::query_as(
        "select k.organization_id,
                k.key,
                k.fingerprint,
                case
                    when k.profile_id is null or p.id is not null then k.answer
                end as answer,
                k.revision
           from idempotency_keys k
           left join user_profiles p on p.organization_id = k.organization_id and p.id = k.profile_id
          where k.organization_id = $1
            and k.key = $2
            and k.created_at > $3",
    )
    .bind(organization.uuid())
    .bind(key.as_str())
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_optional(connection)
    .await?;
    let (_, stored) = row.ok_or_else(record_vanished)?.parse()?;
    Ok(stored.replay(fingerprint)?)
}
