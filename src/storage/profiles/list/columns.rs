//! A page of profiles as one array per column.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::OrganizationId;
use crate::domain::page::Order;
use crate::storage::profiles::row::ProfileRow;

/// An array of a column; null if there is no row.
type Column<T> = Option<Vec<T>>;

/// The columns of a page: of its profiles, and of what belongs to them.
#[derive(FromRow)]
pub(super) struct PageColumns {
    #[sqlx(flatten)]
    profiles: Profiles,
    #[sqlx(flatten)]
    pairs: Pairs,
    #[sqlx(flatten)]
    grants: Grants,
    #[sqlx(flatten)]
    parts: Parts,
    #[sqlx(flatten)]
    actions: Actions,
}

#[derive(FromRow)]
struct Profiles {
    ids: Column<Uuid>,
    created_ats: Column<OffsetDateTime>,
    updated_ats: Column<OffsetDateTime>,
    revisions: Column<i64>,
    names: Column<Option<String>>,
    relationships: Column<String>,
    account_statuses: Column<Option<String>>,
    countries: Column<Option<String>>,
    email_hashes: Column<Option<String>>,
    entity_types: Column<Option<String>>,
    name_hashes: Column<Option<String>>,
    onboarded_ats: Column<Option<OffsetDateTime>>,
    reference_ids: Column<Option<String>>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of one answer, each named by its table")]
struct Pairs {
    pair_profile_ids: Column<Uuid>,
    pair_keys: Column<String>,
    pair_values: Column<String>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of one answer, each named by its table")]
struct Grants {
    grant_profile_ids: Column<Uuid>,
    grant_names: Column<String>,
    grant_statuses: Column<String>,
    grant_expires_ats: Column<Option<OffsetDateTime>>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of one answer, each named by its table")]
struct Parts {
    part_profile_ids: Column<Uuid>,
    part_grant_names: Column<String>,
    part_names: Column<String>,
    part_statuses: Column<String>,
    part_data_retentions: Column<bool>,
    part_human_reviews: Column<bool>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of one answer, each named by its table")]
struct Actions {
    action_profile_ids: Column<Uuid>,
    action_ids: Column<Uuid>,
    action_kinds: Column<String>,
    action_reasons: Column<String>,
    action_opened_ats: Column<OffsetDateTime>,
    action_expires_ats: Column<Option<OffsetDateTime>>,
    action_identity_checks: Column<String>,
}

impl PageColumns {
    /// The profiles, in `order`.
    pub(super) fn rows(self, organization: OrganizationId, order: Order) -> Vec<ProfileRow> {
        let Self { profiles, pairs, grants, parts, actions } = self;
        let mut page = Page { rows: profiles.rows(organization), order };
        for ((id, key), value) in
            values(pairs.pair_profile_ids).zip(values(pairs.pair_keys)).zip(values(pairs.pair_values))
        {
            page.add(id, |row| row.metadata.push((key, value)));
        }
        grants.add_to(&mut page);
        parts.add_to(&mut page);
        actions.add_to(&mut page);
        page.rows
    }
}

fn values<T>(column: Column<T>) -> impl Iterator<Item = T> {
    column.into_iter().flatten()
}

struct Page {
    rows: Vec<ProfileRow>,
    order: Order,
}

impl Page {
    /// Adds what belongs to the profile `id`. What an erased profile has left belongs to none.
    fn add(&mut self, id: Uuid, add: impl FnOnce(&mut ProfileRow)) {
        let found = match self.order {
            Order::Ascending => self.rows.binary_search_by(|row| row.id.cmp(&id)),
            Order::Descending => self.rows.binary_search_by(|row| id.cmp(&row.id)),
        };
        if let Some(row) = found.ok().and_then(|index| self.rows.get_mut(index)) {
            add(row);
        }
    }
}

impl Profiles {
    /// The columns are of one length: they are aggregates of the same rows.
    fn rows(self, organization: OrganizationId) -> Vec<ProfileRow> {
        let (mut created_ats, mut updated_ats) = (values(self.created_ats), values(self.updated_ats));
        let (mut revisions, mut names) = (values(self.revisions), values(self.names));
        let (mut relationships, mut account_statuses) = (values(self.relationships), values(self.account_statuses));
        let (mut countries, mut email_hashes) = (values(self.countries), values(self.email_hashes));
        let (mut entity_types, mut name_hashes) = (values(self.entity_types), values(self.name_hashes));
        let (mut onboarded_ats, mut reference_ids) = (values(self.onboarded_ats), values(self.reference_ids));
        let row = |id| {
            Some(ProfileRow {
                organization_id: organization.uuid(),
                id,
                created_at: created_ats.next()?,
                updated_at: updated_ats.next()?,
                revision: revisions.next()?,
                name: names.next()?,
                relationship: relationships.next()?,
                account_status: account_statuses.next()?,
                country: countries.next()?,
                email_hash: email_hashes.next()?,
                entity_type: entity_types.next()?,
                name_hash: name_hashes.next()?,
                onboarded_at: onboarded_ats.next()?,
                reference_id: reference_ids.next()?,
                metadata: Vec::new(),
                grants: Vec::new(),
                parts: Vec::new(),
                actions: Vec::new(),
            })
        };
        values(self.ids).map_while(row).collect()
    }
}

impl Grants {
    fn add_to(self, page: &mut Page) {
        let statuses = values(self.grant_statuses).zip(values(self.grant_expires_ats));
        for ((id, name), (status, expires_at)) in
            values(self.grant_profile_ids).zip(values(self.grant_names)).zip(statuses)
        {
            page.add(id, |row| row.grants.push((name, status, expires_at)));
        }
    }
}

impl Parts {
    fn add_to(self, page: &mut Page) {
        let names = values(self.part_grant_names).zip(values(self.part_names)).zip(values(self.part_statuses));
        let requirements = values(self.part_data_retentions).zip(values(self.part_human_reviews));
        for ((id, ((grant, name), status)), (retention, review)) in
            values(self.part_profile_ids).zip(names).zip(requirements)
        {
            page.add(id, |row| row.parts.push((grant, name, status, retention, review)));
        }
    }
}

impl Actions {
    /// Oldest first, as their ids are.
    fn add_to(self, page: &mut Page) {
        let kinds = values(self.action_kinds).zip(values(self.action_reasons));
        let times = values(self.action_opened_ats).zip(values(self.action_expires_ats));
        let ids = values(self.action_profile_ids).zip(values(self.action_ids));
        let checks = values(self.action_identity_checks);
        for (((profile, id), (kind, reason)), ((opened_at, expires_at), check)) in ids.zip(kinds).zip(times.zip(checks))
        {
            page.add(profile, |row| row.actions.push((id, kind, reason, opened_at, expires_at, check)));
        }
        for row in &mut page.rows {
            row.actions.sort_unstable_by_key(|action| action.0);
        }
    }
}
