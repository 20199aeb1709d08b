//! The statement that inserts profiles, any number at once: one array per column.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use sqlx::{Result, Row};

use super::columns::ProfileColumns;
use super::row::ProfileKey;
use crate::domain::event::Event;
use crate::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use crate::domain::profile::Profile;
use crate::storage::events::profile_events::{append_created_events, created_kind};
use crate::storage::idempotency::insert::insert_records;
use crate::storage::idempotency::records::RecordColumns;

/// A profile to be inserted, with the event of its creation.
#[derive(Clone, Debug)]
pub(super) struct NewProfile {
    pub(super) organization: OrganizationId,
    pub(super) profile: Profile,
    pub(super) event: Event,
    /// The key of the request.
    pub(super) by: ApiKeyId,
}

/// Inserts `profiles` with their events and idempotency records, in one statement and so in one transaction. Answers the profiles that it
/// skipped because their key was taken.
pub(super) async fn insert(
    connection: &mut PgConnection,
    profiles: &[NewProfile],
    records: RecordColumns,
) -> Result<HashSet<ProfileKey>> {
    let columns = ProfileColumns::of(profiles.iter().map(|new| (new.organization, &new.profile)));
    let event_ids: Vec<_> = profiles.iter().map(|new| new.event.id.uuid()).collect();
    let actors: Vec<_> = profiles.iter().map(|new| new.by.uuid()).collect();
    let replayed = sqlx::query(concat!(
        "with recorded as (",
        insert_records!("$1", "$2", "$3", "$4", "$5", "$6", "$26"),
        "), replayed as (
             select request.organization_id,
                    request.profile_id
               from unnest($1::uuid[], $4::uuid[]) as request (organization_id, profile_id)
              where (request.organization_id, request.profile_id) not in (select organization_id, profile_id from recorded)
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
              where (new.organization_id, new.id) not in (select organization_id, profile_id from replayed)
         ), appended as (",
        append_created_events!("$7", "$24", "$9", "$25", "$8", "$27", "replayed"),
        "), described as (
             insert into user_profile_metadata (organization_id, profile_id, key, value)
             select *
               from unnest($20::uuid[], $21::uuid[], $22::text[], $23::text[]) as new (organization_id, profile_id)
              where (new.organization_id, new.profile_id) not in (select organization_id, profile_id from replayed)
         )
         select organization_id,
                profile_id
           from replayed",
    ))
    .bind(records.organization_ids)
    .bind(records.keys)
    .bind(records.fingerprints)
    .bind(records.profile_ids)
    .bind(records.created_ats)
    .bind(records.answers)
    .bind(columns.organization_ids)
    .bind(columns.ids)
    .bind(columns.created_ats)
    .bind(columns.updated_ats)
    .bind(columns.names)
    .bind(columns.relationships)
    .bind(columns.account_statuses)
    .bind(columns.countries)
    .bind(columns.email_hashes)
    .bind(columns.entity_types)
    .bind(columns.name_hashes)
    .bind(columns.onboarded_ats)
    .bind(columns.reference_ids)
    .bind(columns.pair_organization_ids)
    .bind(columns.pair_profile_ids)
    .bind(columns.pair_keys)
    .bind(columns.pair_values)
    .bind(event_ids)
    .bind(created_kind())
    .bind(records.revisions)
    .bind(actors)
    .fetch_all(connection)
    .await?;
    replayed.iter().map(|row| Ok((OrganizationId::new(row.try_get(0)?), ProfileId::new(row.try_get(1)?)))).collect()
}
