//! Locks profiles and finds idempotency records, in one statement.

use std::collections::{HashMap, HashSet};

use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::lock::{in_lock_order, lock_profiles};
use super::row::ProfileKey;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::storage::idempotency::records::{FullKey, StoredAnswer, StoredAnswerRow};
use crate::storage::pool::error::StorageError;

/// A [`StoredAnswerRow`], all null where no record was found.
#[derive(FromRow)]
struct FoundRecordRow {
    organization_id: Option<Uuid>,
    key: Option<String>,
    fingerprint: Option<Vec<u8>>,
    answer: Option<Vec<u8>>,
}

/// Locks the profiles with `keys` and finds the records with `record_keys`, in one round trip. A record that is inserted while this waits
/// for a lock is not found; the save then finds its key taken.
pub(super) async fn lock_and_find_records(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    record_keys: &[FullKey],
    now: Timestamp,
) -> std::result::Result<HashMap<FullKey, StoredAnswer>, StorageError> {
    let (organizations, ids) = in_lock_order(keys);
    let (key_organizations, key_texts): (Vec<_>, Vec<_>) =
        record_keys.iter().map(|(organization, key)| (organization.uuid(), key.as_str())).unzip();
    // Left joins from a single row, so that the profiles are locked even where there is no key or no record.
    let rows: Vec<FoundRecordRow> = sqlx::query_as(concat!(
        "with locked as materialized (",
        lock_profiles!("$1", "$2"),
        ")
         select k.organization_id,
                k.key,
                k.fingerprint,
                k.answer
           from (select count(*) from locked) as all_locked
           left join unnest($3::uuid[], $4::text[]) as wanted (organization_id, key) on true
           left join lateral (
                select *
                  from idempotency_keys
                 where organization_id = wanted.organization_id
                   and key = wanted.key
                   and created_at > $5
                 limit 1
           ) k on true",
    ))
    .bind(organizations)
    .bind(ids)
    .bind(key_organizations)
    .bind(key_texts)
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter_map(FoundRecordRow::found).map(StoredAnswerRow::parse).collect::<Result<_>>()?)
}

impl FoundRecordRow {
    fn found(self) -> Option<StoredAnswerRow> {
        Some(StoredAnswerRow {
            organization_id: self.organization_id?,
            key: self.key?,
            fingerprint: self.fingerprint?,
            answer: self.answer,
        })
    }
}
