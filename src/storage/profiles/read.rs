//! The statements that read profiles by their keys.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;

use super::row::{ProfileKey, ProfileRow, key_columns, select_profiles};
use crate::domain::clock::Timestamp;
use crate::domain::profile::Profile;
use crate::domain::{Error, Result};
use crate::storage::pool::error::{StorageError, not_found};

/// Profiles by their keys. One whose row breaks a rule of the domain is there as an error.
pub(in crate::storage) type Found = HashMap<ProfileKey, Result<Profile>>;

/// The profiles with `keys`, with the enforcement actions that are open at `now`. Each key is looked up by itself, for a lateral query
/// with an `offset` runs once per key: given a list of keys, Postgres would sometimes rather read all profiles.
pub(in crate::storage) async fn read(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    now: Timestamp,
) -> std::result::Result<Found, sqlx::Error> {
    let (organizations, ids) = key_columns(keys);
    let rows: Vec<ProfileRow> = sqlx::query_as(select_profiles!(
        from "unnest($1::uuid[], $3::uuid[]) as wanted (organization_id, id)
             cross join lateral (
                   select *
                     from user_profiles u
                    where u.organization_id = wanted.organization_id
                      and u.id = wanted.id
                   offset 0
             ) p",
        ""
    ))
    .bind(organizations)
    .bind(now)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key(), row.try_into())).collect())
}

/// Checks that the profile exists, before a list of what belongs to it is read: an empty one would not tell.
///
/// # Errors
/// `NotFound`.
pub(in crate::storage) async fn check_exists(
    connection: &mut PgConnection,
    (organization, id): ProfileKey,
) -> std::result::Result<(), StorageError> {
    let there: bool = sqlx::query_scalar(
        "select exists (
                select
                  from user_profiles
                 where organization_id = $1
                   and id = $2
         )",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .fetch_one(connection)
    .await?;
    if there { Ok(()) } else { Err(profile_not_found().into()) }
}

/// The organization has no profile with that id.
pub(in crate::storage) fn profile_not_found() -> Error {
    not_found("User profile")
}
