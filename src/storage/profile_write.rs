//! The statements that write profiles, any number at once: one array a column.

use std::collections::{BTreeSet, HashSet};

use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::query::Query;
use sqlx::{Postgres, Result};
use time::OffsetDateTime;
use uuid::Uuid;

use super::profile_row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, ProfileId};
use crate::domain::profile::Profile;
use crate::domain::text::Text;
use crate::domain::word::Word;

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// A profile that is to be stored, and the id of the event that tells of it.
#[derive(Clone, Debug)]
pub(super) struct NewProfile {
    pub(super) organization: OrganizationId,
    pub(super) profile: Profile,
    pub(super) event: EventId,
}

/// Stores `profiles`, each with its event: one statement, and so one transaction.
pub(super) async fn insert(connection: &mut PgConnection, profiles: &[NewProfile]) -> Result<()> {
    let statement = sqlx::query(
        "with created as (
             insert into user_profiles (
                    organization_id,
                    id,
                    created_at,
                    updated_at,
                    name,
                    relationship,
                    account_status,
                    country,
                    email_hash,
                    entity_type,
                    name_hash,
                    onboarded_at,
                    reference_id)
             select *
               from unnest(
                    $1::uuid[],
                    $2::uuid[],
                    $3::timestamptz[],
                    $4::timestamptz[],
                    $5::text[],
                    $6::text[],
                    $7::text[],
                    $8::text[],
                    $9::text[],
                    $10::text[],
                    $11::text[],
                    $12::timestamptz[],
                    $13::text[])
         ), happened as (
             insert into events (organization_id, profile_id, created_at, id, kind)
             select new.*,
                    'user_profile.created'
               from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $18::uuid[]) as new
         )
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select *
           from unnest($14::uuid[], $15::uuid[], $16::text[], $17::text[])",
    );
    let columns = Columns::of(profiles.iter().map(|new| (new.organization, &new.profile)));
    let events: Vec<_> = profiles.iter().map(|new| new.event.uuid()).collect();
    columns.bind_to(statement).bind(events).execute(connection).await?;
    Ok(())
}

/// Locks the rows of `keys` until the transaction ends, always in the same order, so that two transactions never wait for each other: in
/// that of `keys`, for a lateral query can only run for one key after the other. (With `order by` Postgres would rather read the whole
/// index in its order than sort a few keys.) A statement of its own: one that waits for a lock still reads with the snapshot from before.
/// Answers how many of them are there.
pub(super) async fn lock(connection: &mut PgConnection, keys: &HashSet<ProfileKey>) -> Result<u64> {
    let keys: BTreeSet<_> = keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).collect();
    let (organizations, ids): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
    let locked = sqlx::query(
        "select
           from unnest($1::uuid[], $2::uuid[]) as wanted (organization_id, id)
          cross join lateral (
                select
                  from user_profiles p
                 where p.organization_id = wanted.organization_id
                   and p.id = wanted.id
                   for update
          ) locked",
    )
    .bind(organizations)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(locked.rows_affected())
}

/// Notes that what a profile shows changes `now`. Its row is locked.
pub(super) async fn touch(connection: &mut PgConnection, key: ProfileKey, now: Timestamp) -> Result<()> {
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

/// Writes what an update may change of `profiles`, whose rows are locked.
pub(super) async fn save(connection: &mut PgConnection, profiles: &[(OrganizationId, &Profile)]) -> Result<()> {
    let statement = sqlx::query(
        "with saved as (
             update user_profiles p
                set updated_at = after.updated_at,
                    name = after.name,
                    relationship = after.relationship,
                    account_status = after.account_status,
                    country = after.country,
                    email_hash = after.email_hash,
                    entity_type = after.entity_type,
                    name_hash = after.name_hash,
                    onboarded_at = after.onboarded_at,
                    reference_id = after.reference_id
               from unnest(
                    $1::uuid[],
                    $2::uuid[],
                    $3::timestamptz[],
                    $4::timestamptz[],
                    $5::text[],
                    $6::text[],
                    $7::text[],
                    $8::text[],
                    $9::text[],
                    $10::text[],
                    $11::text[],
                    $12::timestamptz[],
                    $13::text[]
                    ) as after (
                    organization_id,
                    id,
                    created_at,
                    updated_at,
                    name,
                    relationship,
                    account_status,
                    country,
                    email_hash,
                    entity_type,
                    name_hash,
                    onboarded_at,
                    reference_id)
              where p.organization_id = after.organization_id
                and p.id = after.id
         ), removed as (
             delete from user_profile_metadata m
              using unnest($1::uuid[], $2::uuid[]) as after (organization_id, profile_id)
              where m.organization_id = after.organization_id
                and m.profile_id = after.profile_id
                and (m.organization_id, m.profile_id, m.key) not in (
                    select kept.organization_id, kept.profile_id, kept.key
                      from unnest($14::uuid[], $15::uuid[], $16::text[]) as kept (organization_id, profile_id, key)
                )
         )
         insert into user_profile_metadata as m (organization_id, profile_id, key, value)
         select *
           from unnest($14::uuid[], $15::uuid[], $16::text[], $17::text[])
             on conflict on constraint user_profile_metadata_pkey do update
            set value = excluded.value
          where m.value <> excluded.value",
    );
    Columns::of(profiles.iter().copied()).bind_to(statement).execute(connection).await?;
    Ok(())
}

/// Erases a profile; what hangs on it goes with it, for every foreign key to it cascades. Answers whether it was there.
pub(super) async fn erase(
    connection: &mut PgConnection,
    organization: OrganizationId,
    id: ProfileId,
    now: Timestamp,
) -> Result<bool> {
    let erased = sqlx::query(
        "with erased as (
             delete from user_profiles
              where organization_id = $1
                and id = $2
          returning organization_id, id, created_at
         )
         insert into erased_user_profiles (organization_id, id, created_at, erased_at)
         select organization_id, id, created_at, $3
           from erased",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(connection)
    .await?;
    Ok(erased.rows_affected() > 0)
}

/// `keys` as two columns.
pub(super) fn columns(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).unzip()
}

/// Profiles and their metadata, column by column.
#[derive(Default)]
struct Columns<'p> {
    organization_ids: Vec<Uuid>,
    ids: Vec<Uuid>,
    created_ats: Vec<OffsetDateTime>,
    updated_ats: Vec<OffsetDateTime>,
    names: Vec<Option<&'p str>>,
    relationships: Vec<&'static str>,
    account_statuses: Vec<Option<&'static str>>,
    countries: Vec<Option<&'p str>>,
    email_hashes: Vec<Option<&'p str>>,
    entity_types: Vec<Option<&'static str>>,
    name_hashes: Vec<Option<&'p str>>,
    onboarded_ats: Vec<Option<OffsetDateTime>>,
    reference_ids: Vec<Option<&'p str>>,
    pair_organization_ids: Vec<Uuid>,
    pair_profile_ids: Vec<Uuid>,
    pair_keys: Vec<&'p str>,
    pair_values: Vec<&'p str>,
}

impl<'p> Columns<'p> {
    fn of(profiles: impl Iterator<Item = (OrganizationId, &'p Profile)>) -> Self {
        let mut columns = Self::default();
        profiles.for_each(|(organization, profile)| columns.add(organization.uuid(), profile));
        columns
    }

    fn add(&mut self, organization_id: Uuid, profile: &'p Profile) {
        let (id, details) = (profile.id.uuid(), &profile.details);
        self.organization_ids.push(organization_id);
        self.ids.push(id);
        self.created_ats.push(profile.created_at);
        self.updated_ats.push(profile.updated_at);
        self.names.push(profile.name.as_ref().map(Text::as_str));
        self.relationships.push(profile.relationship.as_str());
        self.account_statuses.push(details.account_status.map(Word::as_str));
        self.countries.push(details.country.as_ref().map(Text::as_str));
        self.email_hashes.push(details.email_hash.as_ref().map(Text::as_str));
        self.entity_types.push(details.entity_type.map(Word::as_str));
        self.name_hashes.push(details.name_hash.as_ref().map(Text::as_str));
        self.onboarded_ats.push(details.onboarded_at);
        self.reference_ids.push(details.reference_id.as_ref().map(Text::as_str));
        for (key, value) in profile.metadata.pairs() {
            self.pair_organization_ids.push(organization_id);
            self.pair_profile_ids.push(id);
            self.pair_keys.push(key);
            self.pair_values.push(value);
        }
    }

    /// The seventeen parameters of an insert and an update, in their order.
    fn bind_to(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.organization_ids)
            .bind(self.ids)
            .bind(self.created_ats)
            .bind(self.updated_ats)
            .bind(self.names)
            .bind(self.relationships)
            .bind(self.account_statuses)
            .bind(self.countries)
            .bind(self.email_hashes)
            .bind(self.entity_types)
            .bind(self.name_hashes)
            .bind(self.onboarded_ats)
            .bind(self.reference_ids)
            .bind(self.pair_organization_ids)
            .bind(self.pair_profile_ids)
            .bind(self.pair_keys)
            .bind(self.pair_values)
    }
}
