//! A page of profiles as one array per column.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::OrganizationId;
use crate::domain::page::Order;
use crate::storage::profiles::row::{ActionTuple, GrantTuple, PartTuple, ProfileRow};

/// An array of a column; null if there is no row.
type Column<T> = Option<Vec<T>>;

/// The columns of a page: of its profiles, and of what belongs to them. What few profiles have is an array of records.
#[derive(FromRow)]
pub(super) struct PageColumns {
    #[sqlx(flatten)]
    profiles: Profiles,
    #[sqlx(flatten)]
    pairs: Pairs,
    details: Column<OwnedDetails>,
    grants: Vec<OwnedGrant>,
    parts: Vec<OwnedPart>,
    actions: Vec<OwnedAction>,
}

#[derive(FromRow)]
struct Profiles {
    ids: Column<Uuid>,
    created_ats: Column<OffsetDateTime>,
    updated_ats: Column<OffsetDateTime>,
    revisions: Column<i64>,
    names: Column<Option<String>>,
    relationships: Column<String>,
    reference_ids: Column<Option<String>>,
}

#[derive(FromRow)]
#[expect(clippy::struct_field_names, reason = "columns of one answer, each named by its table")]
struct Pairs {
    pair_profile_ids: Column<Uuid>,
    pair_keys: Column<String>,
    pair_values: Column<String>,
}

// The profile's id, and what belongs to it.

/// Account status, country, hash of the e-mail address, entity type, hash of the name, time of onboarding.
type OwnedDetails =
    (Uuid, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>, Option<OffsetDateTime>);

/// As [`GrantTuple`].
type OwnedGrant = (Uuid, String, String, Option<OffsetDateTime>);

/// As [`PartTuple`].
type OwnedPart = (Uuid, String, String, String, bool, bool);

/// As [`ActionTuple`].
type OwnedAction = (Uuid, Uuid, String, String, OffsetDateTime, Option<OffsetDateTime>, String);

impl PageColumns {
    /// The profiles, in `order`.
    pub(super) fn rows(self, organization: OrganizationId, order: Order) -> Vec<ProfileRow> {
        let Self { profiles, pairs, details, grants, parts, mut actions } = self;
        let mut page = Page { rows: profiles.rows(organization), order };
        for ((id, key), value) in
            values(pairs.pair_profile_ids).zip(values(pairs.pair_keys)).zip(values(pairs.pair_values))
        {
            page.add(id, |row| row.metadata.push((key, value)));
        }
        for (id, account_status, country, email_hash, entity_type, name_hash, onboarded_at) in values(details) {
            page.add(id, |row| {
                row.account_status = account_status;
                row.country = country;
                row.email_hash = email_hash;
                row.entity_type = entity_type;
                row.name_hash = name_hash;
                row.onboarded_at = onboarded_at;
            });
        }
        for (id, name, status, expires_at) in grants {
            let grant: GrantTuple = (name, status, expires_at);
            page.add(id, |row| row.grants.push(grant));
        }
        for (id, grant, name, status, retention, review) in parts {
            let part: PartTuple = (grant, name, status, retention, review);
            page.add(id, |row| row.parts.push(part));
        }
        // Oldest first, as their ids are.
        actions.sort_unstable_by_key(|action| action.1);
        for (profile, id, kind, reason, opened_at, expires_at, identity_check) in actions {
            let action: ActionTuple = (id, kind, reason, opened_at, expires_at, identity_check);
            page.add(profile, |row| row.actions.push(action));
        }
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
        let found = self.rows.binary_search_by(|row| self.order.compare(&row.id, &id));
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
        let (mut relationships, mut reference_ids) = (values(self.relationships), values(self.reference_ids));
        let row = |id| {
            Some(ProfileRow {
                organization_id: organization.uuid(),
                id,
                created_at: created_ats.next()?,
                updated_at: updated_ats.next()?,
                revision: revisions.next()?,
                name: names.next()?,
                relationship: relationships.next()?,
                account_status: None,
                country: None,
                email_hash: None,
                entity_type: None,
                name_hash: None,
                onboarded_at: None,
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
