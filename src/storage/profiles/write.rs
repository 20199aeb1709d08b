//! The statements that write profiles, any number at once: one array a column.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use sqlx::{Result, Row};
use uuid::Uuid;

use super::columns::ProfileColumns;
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, ProfileId};
use crate::domain::profile::Profile;
use crate::storage::idempotency::records;
use crate::storage::idempotency::records::insert_records;

/// A profile that is to be stored, and the id of the event that tells of it.
#[derive(Clone, Debug)]
pub(in crate::storage) struct NewProfile {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) profile: Profile,
    pub(in crate::storage) event: EventId,
}

/// Stores `profiles`, each with its event and with what `answers` keep for repetitions: one statement, and so one transaction. Answers the
/// profiles that it did not store, for their key was taken.
pub(in crate::storage) async fn insert(
    connection: &mut PgConnection,
    profiles: &[NewProfile],
    answers: records::RecordColumns,
) -> Result<HashSet<ProfileKey>> {
    let statement = sqlx::query(concat!(
        "with kept as (",
        insert_records!(),
        "), repeated as (
             select asked.organization_id,
                    asked.profile_id
               from unnest($1::uuid[], $4::uuid[]) as asked (organization_id, profile_id)
              where (asked.organization_id, asked.profile_id) not in (select organization_id, profile_id from kept)
         ), created as (
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
                    $7::uuid[],
                    $8::uuid[],
                    $9::timestamptz[],
                    $10::timestamptz[],
                    $11::text[],
                    $12::text[],
                    $13::text[],
                    $14::text[],
                    $15::text[],
                    $16::text[],
                    $17::text[],
                    $18::timestamptz[],
                    $19::text[]) as new (organization_id, id)
              where (new.organization_id, new.id) not in (select organization_id, profile_id from repeated)
         ), happened as (
             insert into events (organization_id, profile_id, created_at, id, kind)
             select new.*,
                    'user_profile.created'
               from unnest($7::uuid[], $8::uuid[], $9::timestamptz[], $24::uuid[]) as new (organization_id, profile_id)
              where (new.organization_id, new.profile_id) not in (select organization_id, profile_id from repeated)
         ), described as (
             insert into user_profile_metadata (organization_id, profile_id, key, value)
             select *
               from unnest($20::uuid[], $21::uuid[], $22::text[], $23::text[]) as new (organization_id, profile_id)
              where (new.organization_id, new.profile_id) not in (select organization_id, profile_id from repeated)
         )
         select organization_id,
                profile_id
           from repeated",
    ));
    let columns = ProfileColumns::of(profiles.iter().map(|new| (new.organization, &new.profile)));
    let events: Vec<_> = profiles.iter().map(|new| new.event.uuid()).collect();
    let repeated = columns.bind_to(answers.bind_to(statement)).bind(events).fetch_all(connection).await?;
    repeated.iter().map(|row| Ok((OrganizationId::new(row.try_get(0)?), ProfileId::new(row.try_get(1)?)))).collect()
}

/// Writes what an update may change of `profiles`, whose rows are locked, and what `answers` keep for repetitions. Answers how many of the
/// latter found their key free.
pub(in crate::storage) async fn save(
    connection: &mut PgConnection,
    profiles: &[(OrganizationId, &Profile)],
    answers: records::RecordColumns,
) -> Result<usize> {
    let statement = sqlx::query(concat!(
        "with kept as (",
        insert_records!(),
        "), saved as (
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
                    $7::uuid[],
                    $8::uuid[],
                    $9::timestamptz[],
                    $10::timestamptz[],
                    $11::text[],
                    $12::text[],
                    $13::text[],
                    $14::text[],
                    $15::text[],
                    $16::text[],
                    $17::text[],
                    $18::timestamptz[],
                    $19::text[]
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
              using unnest($7::uuid[], $8::uuid[]) as after (organization_id, profile_id)
              where m.organization_id = after.organization_id
                and m.profile_id = after.profile_id
                and (m.organization_id, m.profile_id, m.key) not in (
                    select kept.organization_id, kept.profile_id, kept.key
                      from unnest($20::uuid[], $21::uuid[], $22::text[]) as kept (organization_id, profile_id, key)
                )
         ), described as (
             insert into user_profile_metadata as m (organization_id, profile_id, key, value)
             select *
               from unnest($20::uuid[], $21::uuid[], $22::text[], $23::text[])
                 on conflict on constraint user_profile_metadata_pkey do update
                set value = excluded.value
              where m.value <> excluded.value
         )
         select
           from kept",
    ));
    let columns = ProfileColumns::of(profiles.iter().copied());
    Ok(columns.bind_to(answers.bind_to(statement)).fetch_all(connection).await?.len())
}

/// Erases a profile; what hangs on it goes with it, for every foreign key to it cascades. Answers whether it was there.
pub(in crate::storage) async fn erase(
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
pub(in crate::storage) fn columns(keys: &HashSet<ProfileKey>) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter().map(|(organization, id)| (organization.uuid(), id.uuid())).unzip()
}
