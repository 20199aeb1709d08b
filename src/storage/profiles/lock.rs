//! Locks the rows of profiles that are about to change.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::Result;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::idempotency::IDEMPOTENCY_RETENTION;
use crate::storage::idempotency::records;
use crate::storage::idempotency::records::{FullKey, StoredAnswer, StoredAnswerRow};
use crate::storage::pool::error::StorageError;

/// Locks the rows of the keys `$1` and `$2` until the transaction ends, always in the same order, so that two transactions never wait for
/// each other: in that of the keys, for a lateral query can only run for one after the other. (With `order by` Postgres would rather read
/// the whole index in its order than sort a few keys.) Always a statement of its own: one that waits for a lock still reads with the
/// snapshot from before.
macro_rules! lock_profiles {
    () => {
        "select
           from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select
                  from user_profiles p
                 where p.organization_id = wanted.organization_id
                   and p.id = wanted.id
                   for update
          ) as locking"
    };
}

/// Locks the rows of `keys`; answers how many of them are there.
pub(in crate::storage) async fn lock(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> Result<u64> {
    let (organizations, ids) = in_order(keys);
    let locked = sqlx::query(lock_profiles!()).bind(organizations).bind(ids).execute(connection).await?;
    Ok(locked.rows_affected())
}

/// The columns of a [`StoredAnswerRow`], or none.
type FoundKey = (Option<Uuid>, Option<String>, Option<Vec<u8>>, Option<Vec<u8>>);

/// Locks the rows of `keys`; answers what was kept under the idempotency keys `asked` before it waited.
pub(in crate::storage) async fn lock_and_find(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    asked: &[FullKey],
    now: Timestamp,
) -> std::result::Result<HashMap<FullKey, StoredAnswer>, StorageError> {
    let (organizations, ids) = in_order(keys);
    let (key_organizations, texts): (Vec<_>, Vec<_>) =
        asked.iter().map(|(organization, key)| (organization.uuid(), key.as_str())).unzip();
    // Left joins: the one row of `every` is asked for, and so the rows are locked, whether a key was asked for or not.
    let rows: Vec<FoundKey> = sqlx::query_as(concat!(
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
    Ok(records::from_stored(rows.collect())?)
}

/// Notes that what a profile shows changes `now`. Its row is locked.
pub(in crate::storage) async fn touch(connection: &mut PgConnection, key: ProfileKey, now: Timestamp) -> Result<()> {
    sqlx::query(
        "update user_profiles
            set updated_at = greatest(updated_at, $3)
          where organization_id = $1
            and id = $2",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}

/// `keys` as two columns, in the order in which they are locked.
fn in_order(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    let keys: BTreeSet<_> = keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).collect();
    keys.into_iter().unzip()
}
