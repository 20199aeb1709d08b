//! Profiles as arrays, one a column: how statements take any number of them at once.

use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::profile::Profile;
use crate::domain::text::Text;

pub(in crate::storage) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Profiles and their metadata, column by column.
#[derive(Default)]
pub(in crate::storage) struct ProfileColumns<'p> {
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

impl<'p> ProfileColumns<'p> {
    pub(in crate::storage) fn of(profiles: impl Iterator<Item = (OrganizationId, &'p Profile)>) -> Self {
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
        self.account_statuses.push(details.account_status.map(EnumLabel::as_str));
        self.countries.push(details.country.as_ref().map(Text::as_str));
        self.email_hashes.push(details.email_hash.as_ref().map(Text::as_str));
        self.entity_types.push(details.entity_type.map(EnumLabel::as_str));
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
    pub(in crate::storage) fn bind_to(self, statement: Statement<'_>) -> Statement<'_> {
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
