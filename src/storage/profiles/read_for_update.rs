//! The statement that reads profiles and the records of idempotency keys before a batch of updates.

use std::collections::HashMap;

use sqlx::FromRow;
use sqlx::postgres::PgConnection;

use super::calls::Update;
use super::read::Found;
use super::row::{ProfileKey, ProfileRow, select_profiles};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::storage::idempotency::records::{FullKey, StoredAnswer, StoredAnswerRow};
use crate::storage::pool::error::StorageError;

/// The transaction that wrote a row (`xmin`): another one if anything has written it since, this release or not.
pub(super) type RowVersion = i64;

/// What an update has to know before it is applied.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) found: Found,
    pub(super) versions: HashMap<ProfileKey, RowVersion>,
    pub(super) records: HashMap<FullKey, StoredAnswer>,
}

/// The profile of an update, and the record of its idempotency key if there is one.
#[derive(FromRow)]
struct UpdateRow {
    record_key: Option<String>,
    fingerprint: Option<Vec<u8>>,
    answer: Option<Vec<u8>>,
    record_revision: Option<i64>,
    row_version: RowVersion,
    #[sqlx(flatten)]
    profile: ProfileRow,
}

/// Reads the profiles of `updates` as of `now`, and the records of their keys, without a lock. Lateral as in [`read`](super::read::read).
pub(super) async fn read_for_update(
    connection: &mut PgConnection,
    updates: &[Update],
    now: Timestamp,
) -> std::result::Result<Before, StorageError> {
    let keys = updates.iter().map(|update| update.idempotency.as_ref().map(|idempotency| idempotency.key.as_str()));
    let rows: Vec<UpdateRow> = sqlx::query_as(select_profiles!(
        "$2",
        with ",
              k.key as record_key,
              k.fingerprint,
              k.answer,
              k.revision as record_revision,
              p.row_version",
        from "unnest($1::uuid[], $3::uuid[], $4::text[]) as wanted (organization_id, id, record_key)
             cross join lateral (
                   select u.*,
                          u.xmin::text::bigint as row_version
                     from user_profiles u
                    where u.organization_id = wanted.organization_id
                      and u.id = wanted.id
                   offset 0
             ) p
              left join lateral (
                   select *
                     from idempotency_keys i
                    where i.organization_id = wanted.organization_id
                      and i.key = wanted.record_key
                      and i.created_at > $5
                    limit 1
             ) k on true",
        ""
    ))
    .bind(updates.iter().map(|update| update.organization.uuid()).collect::<Vec<_>>())
    .bind(now)
    .bind(updates.iter().map(|update| update.id.uuid()).collect::<Vec<_>>())
    .bind(keys.collect::<Vec<_>>())
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_all(connection)
    .await?;
    let mut before = Before::default();
    for row in rows {
        row.add_to(&mut before)?;
    }
    Ok(before)
}

impl UpdateRow {
    fn add_to(self, before: &mut Before) -> Result<()> {
        let Self { record_key, fingerprint, answer, record_revision: revision, row_version, profile } = self;
        let (organization, id) = profile.key();
        before.versions.insert((organization, id), row_version);
        if let (Some(key), Some(fingerprint)) = (record_key, fingerprint) {
            let row = StoredAnswerRow { organization_id: organization.uuid(), key, fingerprint, answer, revision };
            let (key, stored) = row.parse()?;
            before.records.insert(key, stored);
        }
        before.found.insert((organization, id), profile.try_into());
        Ok(())
    }
}
