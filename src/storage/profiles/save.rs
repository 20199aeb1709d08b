//! The statement that saves a batch of updates: one array per column.

use sqlx::Result;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::columns::ProfileColumns;
use super::read_for_update::RowVersion;
use super::row::ProfileKey;
use crate::domain::event::{Event, EventDetails, EventSubject};
use crate::domain::id::{ApiKeyId, EventId, OrganizationId};
use crate::domain::profile::{Profile, Revision};
use crate::storage::events::profile_events::{append_updated_events, joined, updated_kind};
use crate::storage::history::images::{BeforeImages, insert_before_images};
use crate::storage::idempotency::insert::insert_records;
use crate::storage::idempotency::records::RecordColumns;

/// What a batch of updates saves.
#[derive(Default)]
pub(super) struct UpdateColumns<'p> {
    /// The profiles that change, or that a record is about, in key order, and the row versions that were read.
    written: WrittenColumns,
    changed: ProfileColumns<'p>,
    removed_pairs: PairKeyColumns<'p>,
    events: EventColumns,
    images: BeforeImages<'p>,
    records: RecordColumns,
}

/// The event of an update.
pub(super) struct UpdateEvent {
    pub(super) organization: OrganizationId,
    pub(super) event: Event,
    /// The key of the request.
    pub(super) by: ApiKeyId,
    /// What the update made.
    pub(super) revision: Revision,
}

#[derive(Default)]
struct WrittenColumns {
    organization_ids: Vec<Uuid>,
    ids: Vec<Uuid>,
    versions: Vec<Option<RowVersion>>,
}

#[derive(Default)]
struct PairKeyColumns<'p> {
    organization_ids: Vec<Uuid>,
    profile_ids: Vec<Uuid>,
    keys: Vec<&'p str>,
}

#[derive(Default)]
struct EventColumns {
    organization_ids: Vec<Uuid>,
    ids: Vec<Uuid>,
    created_ats: Vec<OffsetDateTime>,
    profile_ids: Vec<Uuid>,
    fields: Vec<String>,
    actors: Vec<Uuid>,
    revisions: Vec<i64>,
}

impl<'p> UpdateColumns<'p> {
    pub(super) fn new(records: RecordColumns) -> Self {
        Self { records, ..Self::default() }
    }

    /// The row of the profile with `key` was read with `version`, and must still have it. Called in key order.
    pub(super) fn add_written(&mut self, key: ProfileKey, version: Option<RowVersion>) {
        self.written.organization_ids.push(key.0.uuid());
        self.written.ids.push(key.1.uuid());
        self.written.versions.push(version);
    }

    /// Saves `after`, of which `before` was read: only the metadata pairs that differ are written.
    pub(super) fn add_changed(&mut self, organization: OrganizationId, before: &'p Profile, after: &'p Profile) {
        self.changed.add_profile(organization.uuid(), after);
        self.changed.add_pairs(organization.uuid(), after.id.uuid(), after.metadata.changed_since(&before.metadata));
        for key in after.metadata.removed_since(&before.metadata) {
            self.removed_pairs.organization_ids.push(organization.uuid());
            self.removed_pairs.profile_ids.push(after.id.uuid());
            self.removed_pairs.keys.push(key);
        }
    }

    pub(super) fn add_event(&mut self, UpdateEvent { organization, event, by, revision }: &UpdateEvent) {
        if let EventSubject::Profile(id, EventDetails::Updated(fields)) = &event.subject {
            self.events.organization_ids.push(organization.uuid());
            self.events.ids.push(EventId::uuid(event.id));
            self.events.created_ats.push(event.created_at);
            self.events.profile_ids.push(id.uuid());
            self.events.fields.push(joined(fields));
            self.events.actors.push(by.uuid());
            self.events.revisions.push(revision.number());
        }
    }

    /// The profile `before` an update, for the history.
    pub(super) fn add_image(&mut self, organization: OrganizationId, before: &'p Profile) {
        self.images.add(organization, before);
    }
}

/// The statement of [`save`]; `$images` is its part that inserts the values before.
macro_rules! save_statement {
    ($($images:expr),*) => {
        concat!(
        "with locked as materialized (
             select l.organization_id,
                    l.id
               from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as wanted (organization_id, id, row_version)
              cross join lateral (
                    select p.organization_id,
                           p.id
                      from user_profiles p
                     where p.organization_id = wanted.organization_id
                       and p.id = wanted.id
                       and p.xmin::text::bigint = wanted.row_version
                       for no key update skip locked
              ) l
         ), recorded as (",
        insert_records!("$4", "$5", "$6", "$7", "$8", "$9", "$10"),
        "), saved as (
             update user_profiles p
                set updated_at = after.updated_at,
                    revision = after.revision,
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
                    $11::uuid[],
                    $12::uuid[],
                    $13::timestamptz[],
                    $14::bigint[],
                    $15::text[],
                    $16::text[],
                    $17::text[],
                    $18::text[],
                    $19::text[],
                    $20::text[],
                    $21::text[],
                    $22::timestamptz[],
                    $23::text[]
                    ) as after (
                    organization_id,
                    id,
                    updated_at,
                    revision,
                    name,
                    relationship,
                    account_status,
                    country,
                    email_hash,
                    entity_type,
                    name_hash,
                    onboarded_at,
                    reference_id)
               join locked l on l.organization_id = after.organization_id and l.id = after.id
              where p.organization_id = after.organization_id
                and p.id = after.id
          returning p.id
         ), removed as (
             delete from user_profile_metadata
              where ctid = any(array(
                    select m.ctid
                      from unnest($24::uuid[], $25::uuid[], $26::text[]) as pair (organization_id, profile_id, key)
                     cross join lateral (
                           select ctid
                             from user_profile_metadata
                            where organization_id = pair.organization_id
                              and profile_id = pair.profile_id
                              and key = pair.key
                           offset 0
                     ) m
              ))
         ), described as (
             insert into user_profile_metadata as m (organization_id, profile_id, key, value)
             select *
               from unnest($27::uuid[], $28::uuid[], $29::text[], $30::text[])
                 on conflict on constraint user_profile_metadata_pkey do update
                set value = excluded.value
         ), appended as (",
        append_updated_events!("$31", "$32", "$33", "$34", "$35", "$36", "$38", "$39"),
        $($images,)*
        ")
         select require_saved(
                (select count(*) from locked) + (select count(*) from saved) + (select count(*) from recorded),
                $37)",
        )
    };
}

/// Saves a batch: all of it, or nothing. Rows are locked in key order, and no lock is waited for.
///
/// # Errors
/// One for which [`is_stale`] holds if a profile has changed since it was read, or is locked, or a key is taken.
pub(super) async fn save(connection: &mut PgConnection, columns: UpdateColumns<'_>) -> Result<()> {
    let UpdateColumns { written, changed, removed_pairs, events, images, records } = columns;
    let expected = written.ids.len() + changed.ids.len() + records.keys.len();
    let has_images = !images.is_empty();
    let statement =
        if has_images { save_statement!("), imaged as (", insert_before_images!()) } else { save_statement!() };
    let query = sqlx::query(statement)
        .bind(written.organization_ids)
        .bind(written.ids)
        .bind(written.versions)
        .bind(records.organization_ids)
        .bind(records.keys)
        .bind(records.fingerprints)
        .bind(records.profile_ids)
        .bind(records.created_ats)
        .bind(records.answers)
        .bind(records.revisions)
        .bind(changed.organization_ids)
        .bind(changed.ids)
        .bind(changed.updated_ats)
        .bind(changed.revisions)
        .bind(changed.names)
        .bind(changed.relationships)
        .bind(changed.account_statuses)
        .bind(changed.countries)
        .bind(changed.email_hashes)
        .bind(changed.entity_types)
        .bind(changed.name_hashes)
        .bind(changed.onboarded_ats)
        .bind(changed.reference_ids)
        .bind(removed_pairs.organization_ids)
        .bind(removed_pairs.profile_ids)
        .bind(removed_pairs.keys)
        .bind(changed.pair_organization_ids)
        .bind(changed.pair_profile_ids)
        .bind(changed.pair_keys)
        .bind(changed.pair_values)
        .bind(events.organization_ids)
        .bind(events.ids)
        .bind(events.created_ats)
        .bind(updated_kind())
        .bind(events.profile_ids)
        .bind(events.fields)
        .bind(i64::try_from(expected).unwrap_or(i64::MAX))
        .bind(events.actors)
        .bind(events.revisions);
    let query = if has_images { images.bind(query) } else { query };
    query.execute(connection).await?;
    Ok(())
}

/// Whether [`save`] did nothing because what was read has changed: `require_saved` failed the statement.
pub(super) fn is_stale(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "UP001")
}
