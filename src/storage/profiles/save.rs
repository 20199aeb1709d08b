//! The statement that saves updated profiles, any number at once: one array per column.

use sqlx::Result;
use sqlx::postgres::PgConnection;

use super::columns::ProfileColumns;
use crate::domain::id::OrganizationId;
use crate::domain::profile::Profile;
use crate::storage::idempotency::insert::insert_records;
use crate::storage::idempotency::records::RecordColumns;

/// Saves the columns that an update may change of `profiles`, whose rows are locked, and the idempotency records. Answers how many records
/// were inserted: fewer than given if keys are taken.
pub(super) async fn save(
    connection: &mut PgConnection,
    profiles: &[(OrganizationId, &Profile)],
    records: RecordColumns,
) -> Result<usize> {
    let columns = ProfileColumns::of(profiles.iter().copied());
    let recorded = sqlx::query(concat!(
        "with recorded as (",
        insert_records!("$1", "$2", "$3", "$4", "$5", "$6"),
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
                    select pair.organization_id, pair.profile_id, pair.key
                      from unnest($20::uuid[], $21::uuid[], $22::text[]) as pair (organization_id, profile_id, key)
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
           from recorded",
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
    .fetch_all(connection)
    .await?;
    Ok(recorded.len())
}
