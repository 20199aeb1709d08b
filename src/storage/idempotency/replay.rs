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
/// `Invalid` if the stored request differs; `Unavailable` if the record is gone.
pub(in crate::storage) async fn replay<T>(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> std::result::Result<RequestOutcome<T>, StorageError> {
    let row: Option<StoredAnswerRow> = sqlx::query_as(
        "select organization_id,
                key,
                fingerprint,
                answer
           from idempotency_keys
          where organization_id = $1
            and key = $2
            and created_at > $3",
    )
    .bind(organization.uuid())
    .bind(key.as_str())
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_optional(connection)
    .await?;
    let (_, stored) = row.ok_or_else(record_vanished)?.parse()?;
    Ok(stored.replay(fingerprint)?)
}
