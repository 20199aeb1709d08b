//! What a transaction of the sweep may take: so many rows, and the locks of profiles that nobody else holds.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::domain::id::{OrganizationId, ProfileId};
use crate::storage::profiles::row::{ProfileKey, key_columns};

/// The most rows that one transaction changes.
pub(super) const BATCH: i64 = 100;

pub(super) fn key(organization: Uuid, profile: Uuid) -> ProfileKey {
    (OrganizationId::new(organization), ProfileId::new(profile))
}

/// Locks those of the profiles with `keys` that are not locked, and answers which. It never waits, so it cannot deadlock.
pub(super) async fn lock_free(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
) -> sqlx::Result<HashSet<ProfileKey>> {
    let (organizations, ids) = key_columns(keys);
    let locked: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "select p.*
           from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select u.organization_id,
                       u.id
                  from user_profiles u
                 where u.organization_id = wanted.organization_id
                   and u.id = wanted.id
                   for update skip locked
          ) p",
    )
    .bind(organizations)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().map(|(organization, id)| key(organization, id)).collect())
}
