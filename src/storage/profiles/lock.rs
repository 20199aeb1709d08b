//! The lock on a profile's row, held by every transaction that changes the profile or what belongs to it.

use std::collections::{BTreeSet, HashSet};

use sqlx::Result;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::read::profile_not_found;
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::storage::pool::error::StorageError;

/// Locks the rows with the keys in two array parameters until the transaction ends. All transactions lock in key order, so that they cannot
/// deadlock; a lateral query keeps that order, where `order by` would make Postgres read a whole index. The rows are read by a later
/// statement: one that waited for a lock would still read with the snapshot from before. With `skip locked` as `$when_locked` it locks those that no
/// other transaction has locked, without waiting.
macro_rules! lock_profiles {
    ($organization_ids:literal, $ids:literal, $when_locked:literal) => {
        concat!(
            "select locked.*
           from unnest(",
            $organization_ids,
            "::uuid[], ",
            $ids,
            "::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select p.organization_id,
                       p.id
                  from user_profiles p
                 where p.organization_id = wanted.organization_id
                   and p.id = wanted.id
                   for update ",
            $when_locked,
            "
          ) as locked"
        )
    };
}

pub(super) use lock_profiles;

/// Locks the profiles with `keys`; answers how many of them exist.
pub(in crate::storage) async fn lock(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> Result<u64> {
    let (organizations, ids) = in_lock_order(keys);
    let locked = sqlx::query(lock_profiles!("$1", "$2", "")).bind(organizations).bind(ids).execute(connection).await?;
    Ok(locked.rows_affected())
}

/// Locks one profile.
///
/// # Errors
/// `NotFound`.
pub(in crate::storage) async fn lock_existing(
    connection: &mut PgConnection,
    key: ProfileKey,
) -> std::result::Result<(), StorageError> {
    match lock(connection, &HashSet::from([key])).await? {
        0 => Err(profile_not_found().into()),
        _ => Ok(()),
    }
}

/// Advances `updated_at` of a locked profile to `now`, since something that the profile shows has changed.
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

/// `keys` as one array per column, in the order in which they are locked.
pub(super) fn in_lock_order(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    let keys: BTreeSet<_> = keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).collect();
    keys.into_iter().unzip()
}
