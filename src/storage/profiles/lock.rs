//! Locks the rows of profiles that are about to change.

use std::collections::{BTreeSet, HashSet};

use sqlx::Result;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::row::ProfileKey;
use crate::domain::clock::Timestamp;

/// Locks the rows of the keys `$1` and `$2` until the transaction ends. All transactions lock in the order of keys, so that they cannot
/// deadlock; a lateral query runs in that order, where `order by` would make Postgres read a whole index. A statement of its own: one
/// that waited for a lock would still read with the snapshot from before.
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

pub(super) use lock_profiles;

/// Locks the rows of `keys`; answers how many of them exist.
pub(in crate::storage) async fn lock(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> Result<u64> {
    let (organizations, ids) = in_lock_order(keys);
    let locked = sqlx::query(lock_profiles!()).bind(organizations).bind(ids).execute(connection).await?;
    Ok(locked.rows_affected())
}

/// Moves `updated_at` of a profile whose row is locked: what it shows changes `now`.
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
