//! Profiles, with all that hangs on them. Every operation on one is the operation on many, of one.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::error::not_found;
use super::outbox::{self, Outbox};
use super::pool::Pool;
use super::profile_row::{ProfileKey, ProfileRow, select_profiles};
use super::profile_write::NewProfile;
use super::{profile_list, profile_write};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, Happening};
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::page::{Page, PageQuery};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::domain::repository::ProfileRepository;
use crate::domain::{Error, Result};

/// [`ProfileRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgProfiles {
    pool: Pool,
    outbox: Outbox,
}

/// One update of many.
#[derive(Clone, Debug)]
pub(super) struct Update {
    pub(super) organization: OrganizationId,
    pub(super) id: ProfileId,
    pub(super) patch: ProfilePatch,
    pub(super) now: Timestamp,
}

/// Profiles that were looked for and are there; one whose row breaks a rule is there as an error.
type Found = HashMap<ProfileKey, Result<Profile>>;

impl PgProfiles {
    /// The profiles behind `pool`, which tell `outbox` what happens to them.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// Stores all of `profiles` or none.
    pub(super) async fn create_many(&self, profiles: Vec<(OrganizationId, Profile)>) -> Result<()> {
        let new = profiles.into_iter().map(|(organization, profile)| {
            let event = self.outbox.event(profile.id, Happening::Created, profile.created_at).id;
            NewProfile { organization, profile, event }
        });
        let new: Vec<_> = new.collect();
        self.pool
            .run(move |connection| Box::pin(async move { Ok(profile_write::insert(connection, &new).await?) }))
            .await
    }

    /// Those of `keys` that are there, with the enforcement actions that are open at `now`.
    pub(super) async fn retrieve_many(&self, keys: HashSet<ProfileKey>, now: Timestamp) -> Result<Found> {
        self.pool.read(move |connection| Box::pin(async move { Ok(read(connection, &keys, now).await?) })).await
    }

    /// Applies each update to what the ones before it left, in one transaction; one that breaks a rule changes nothing and fails alone.
    pub(super) async fn update_many(&self, updates: Vec<Update>) -> Result<Vec<Result<Profile>>> {
        let Some(now) = updates.iter().map(|update| update.now).max() else { return Ok(Vec::new()) };
        let keys: HashSet<_> = updates.iter().map(|update| (update.organization, update.id)).collect();
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    profile_write::lock(&mut transaction, &keys).await?;
                    let mut found = read(&mut transaction, &keys, now).await?;
                    let mut events = Vec::new();
                    let outcomes: Vec<_> =
                        updates.iter().map(|update| apply(&mut found, &mut events, &outbox, update)).collect();
                    let changed: HashSet<_> = events.iter().map(|(of, event)| (*of, event.profile_id)).collect();
                    let after = found.iter().filter_map(|(key, profile)| Some((key, profile.as_ref().ok()?)));
                    let after: Vec<_> =
                        after.filter(|(key, _)| changed.contains(*key)).map(|(key, it)| (key.0, it)).collect();
                    if !after.is_empty() {
                        profile_write::save(&mut transaction, &after).await?;
                        outbox::append(&mut transaction, &events).await?;
                        transaction.commit().await?;
                    }
                    Ok(outcomes)
                })
            })
            .await
    }
}

#[async_trait]
impl ProfileRepository for PgProfiles {
    async fn create(&self, organization: OrganizationId, profile: Profile) -> Result<Profile> {
        self.create_many(vec![(organization, profile.clone())]).await?;
        Ok(profile)
    }

    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        let key = (organization, id);
        let mut found = self.retrieve_many(HashSet::from([key]), now).await?;
        found.remove(&key).unwrap_or_else(|| Err(profile_not_found()))
    }

    async fn list(&self, organization: OrganizationId, query: PageQuery, now: Timestamp) -> Result<Page<Profile>> {
        self.pool
            .read(move |connection| {
                Box::pin(async move {
                    let rows = profile_list::rows(connection, organization, &query, now).await?;
                    Ok(profile_list::page(rows, &query)?)
                })
            })
            .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        patch: ProfilePatch,
        now: Timestamp,
    ) -> Result<Profile> {
        let outcomes = self.update_many(vec![Update { organization, id, patch, now }]).await?;
        outcomes.into_iter().next().unwrap_or_else(|| Err(profile_not_found()))
    }

    async fn delete(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<()> {
        let erased = self.outbox.event(id, Happening::Erased, now);
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    if !profile_write::erase(&mut transaction, organization, id, now).await? {
                        return Err(profile_not_found().into());
                    }
                    outbox::append(&mut transaction, &[(organization, erased)]).await?;
                    Ok(transaction.commit().await?)
                })
            })
            .await
    }
}

/// Nothing of that id in this organization.
pub(super) fn profile_not_found() -> Error {
    not_found("User profile")
}

fn apply(
    found: &mut Found,
    events: &mut Vec<(OrganizationId, Event)>,
    outbox: &Outbox,
    update: &Update,
) -> Result<Profile> {
    let key = (update.organization, update.id);
    let before = match found.get(&key) {
        Some(Ok(before)) => before,
        Some(Err(error)) => return Err(error.repeated()),
        None => return Err(profile_not_found()),
    };
    let Some(after) = before.patched(&update.patch, update.now)? else { return Ok(before.clone()) };
    let changed = Happening::Updated(after.changed_fields(before));
    events.push((update.organization, outbox.event(update.id, changed, after.updated_at)));
    found.insert(key, Ok(after.clone()));
    Ok(after)
}

async fn read(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    now: Timestamp,
) -> std::result::Result<Found, sqlx::Error> {
    let (organizations, ids) = profile_write::columns(keys);
    let rows: Vec<ProfileRow> = sqlx::query_as(select_profiles!(
        "where (p.organization_id, p.id) in (
               select wanted.organization_id, wanted.id
                 from unnest($1::uuid[], $3::uuid[]) as wanted (organization_id, id)
         )"
    ))
    .bind(organizations)
    .bind(now)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key(), row.try_into())).collect())
}
