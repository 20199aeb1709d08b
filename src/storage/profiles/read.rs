//! The statements that read profiles by key, and check that one exists.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;

use super::row::{ProfileKey, ProfileRow, key_columns, select_profiles};
use crate::domain::clock::Timestamp;
use crate::domain::profile::Profile;
use crate::domain::{Error, Result};
use crate::storage::pool::error::{StorageError, not_found};

/// Profiles by key; an error for one whose row breaks a rule of the domain.
pub(super) type Found = HashMap<ProfileKey, Result<Profile>>;

/// The profiles with `keys` as of `now`. A lateral query with an `offset` looks up each key by itself: given a list of keys, Postgres would
/// sometimes read all profiles instead.
pub(super) async fn read(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    now: Timestamp,
) -> std::result::Result<Found, sqlx::Error> {
    let (organizations, ids) = key_columns(keys);
    let rows: Vec<ProfileRow> = sqlx::query_as(select_profiles!(
        "$2",
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

/// Checks that the profile exists: an empty list of what belongs to it would not show that it does not.
///
/// # Errors
/// `NotFound`.
pub(in crate::storage) async fn check_exists(
    connection: &mut PgConnection,
    (organization, id): ProfileKey,
) -> std::result::Result<(), StorageError> {
    let exists: bool = sqlx::query_scalar(
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
    if exists { Ok(()) } else { Err(profile_not_found().into()) }
}

pub(in crate::storage) fn profile_not_found() -> Error {
    not_found("User profile")
}
