//! Reads the answer of an earlier request with the same key.

use sqlx::postgres::PgConnection;

use super::records::{StoredAnswerRow, from_stored, record_vanished};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::{Fingerprint, IDEMPOTENCY_RETENTION, IdempotencyKey, RequestOutcome};

/// The outcome of a request of `organization` with `fingerprint` whose `key` is taken.
pub(in crate::storage) async fn replay<T>(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> sqlx::Result<Result<RequestOutcome<T>>> {
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
    let kept = from_stored(row.into_iter().collect());
    Ok(kept.and_then(|kept| kept.into_values().next().ok_or_else(record_vanished)?.replay(fingerprint)))
}
