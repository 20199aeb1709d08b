//! Locks profiles and finds idempotency records in one statement.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::lock::{in_lock_order, lock_profiles};
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::storage::idempotency::records::{FullKey, StoredAnswer, StoredAnswerRow, from_stored};
use crate::storage::pool::error::StorageError;

/// The columns of a [`StoredAnswerRow`], all null where no record was found.
type FoundRecord = (Option<Uuid>, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>);

/// Locks the rows of `keys`, and finds the records under the idempotency keys `asked`, in one round trip. A record that was inserted
/// while this waited for a lock is not found; the save then finds its key taken.
pub(super) async fn lock_and_find_records(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    asked: &[FullKey],
    now: Timestamp,
) -> std::result::Result<HashMap<FullKey, StoredAnswer>, StorageError> {
    let (organizations, ids) = in_lock_order(keys);
    let (key_organizations, texts): (Vec<_>, Vec<_>) =
        asked.iter().map(|(organization, key)| (organization.uuid(), key.as_str())).unzip();
    // Left joins: `every` has one row, so that the rows are locked also where there is no key or no record.
    let rows: Vec<FoundRecord> = sqlx::query_as(concat!(
        "with locked as materialized (",
        lock_profiles!(),
        ")
         select k.organization_id,
                k.key,
                k.fingerprint,
                k.answer
           from (select count(*) from locked) as every
           left join unnest($3::uuid[], $4::text[]) as asked (organization_id, key) on true
           left join lateral (
                select *
                  from idempotency_keys
                 where organization_id = asked.organization_id
                   and key = asked.key
                   and created_at > $5
                 limit 1
           ) k on true",
    ))
    .bind(organizations)
    .bind(ids)
    .bind(key_organizations)
    .bind(texts)
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().filter_map(|(organization_id, key, fingerprint, answer)| {
        Some(StoredAnswerRow {
            organization_id: organization_id?,
            key: key?,
            fingerprint: fingerprint?,
            answer: answer?,
        })
    });
    Ok(from_stored(rows.collect())?)
}
