//! The lock on a profile's row, held by every transaction that changes the profile or what belongs to it.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::Result;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::read::profile_not_found;
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::profile::Revision;
use crate::storage::pool::error::StorageError;

/// Locks the rows with the keys in the arrays `$1` and `$2` until the transaction ends. All transactions lock in key order, so that they cannot
/// deadlock; a lateral query keeps that order, where `order by` would make Postgres read a whole index. The rows are read by a later
/// statement: one that waited for a lock would still read with the snapshot from before. With `skip locked` as `$when_locked` it locks those that no
/// other transaction has locked, without waiting.
macro_rules! lock_profiles {
    ($when_locked:literal) => {
        concat!(
            "select locked.*
               from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
              cross join lateral (
                    select p.organization_id,
                           p.id,
                           p.revision
                      from user_profiles p
                     where p.organization_id = wanted.organization_id
                       and p.id = wanted.id
                       for update ",
            $when_locked,
            ") as locked"
        )
    };
}

/// What to do about a profile that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::storage) enum WhenLocked {
    /// Wait for it, up to the lock timeout.
    Wait,
    /// Leave it out.
    Skip,
}

/// Locks the profiles with `keys`; answers which it has locked, of those that exist, and their revisions.
pub(in crate::storage) async fn lock_all(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    when_locked: WhenLocked,
) -> Result<HashMap<ProfileKey, Revision>> {
    let (organizations, ids) = in_lock_order(keys);
    let statement = match when_locked {
        WhenLocked::Wait => lock_profiles!(""),
        WhenLocked::Skip => lock_profiles!("skip locked"),
    };
    let locked: Vec<(Uuid, Uuid, i64)> =
        sqlx::query_as(statement).bind(organizations).bind(ids).fetch_all(connection).await?;
    let entry = |(organization, id, revision)| {
        ((OrganizationId::new(organization), ProfileId::new(id)), Revision::from_stored(revision))
    };
    Ok(locked.into_iter().map(entry).collect())
}

/// Locks one profile; answers its revision, if it exists.
pub(in crate::storage) async fn lock(connection: &mut PgConnection, key: ProfileKey) -> Result<Option<Revision>> {
    Ok(lock_all(connection, &HashSet::from([key]), WhenLocked::Wait).await?.remove(&key))
}

/// Locks one profile; answers its revision.
///
/// # Errors
/// `NotFound`.
pub(in crate::storage) async fn lock_existing(
    connection: &mut PgConnection,
    key: ProfileKey,
) -> std::result::Result<Revision, StorageError> {
    Ok(lock(connection, key).await?.ok_or_else(profile_not_found)?)
}

/// Advances `updated_at` of a locked profile to `now`, and its revision, since something that the profile shows has changed. Answers the new
/// revision.
pub(in crate::storage) async fn touch(
    connection: &mut PgConnection,
    key: ProfileKey,
    now: Timestamp,
) -> Result<Revision> {
    let revision = sqlx::query_scalar(
        "update user_profiles
            set updated_at = greatest(updated_at, $3),
                revision = revision + 1
          where organization_id = $1
            and id = $2
      returning revision",
    )
    .bind(key.0.uuid())
    .bind(key.1.uuid())
    .bind(now)
    .fetch_one(connection)
    .await?;
    Ok(Revision::from_stored(revision))
}

/// `keys` as one array per column, in the order in which they are locked.
fn in_lock_order(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    let keys: BTreeSet<_> = keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).collect();
    keys.into_iter().unzip()
}
