//! Profiles as arrays, one per column, so that one statement takes any number of them.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::profile::Profile;
use crate::domain::text::Text;

/// Profiles and their metadata pairs as arrays, one per column.
#[derive(Default)]
pub(in crate::storage) struct ProfileColumns<'p> {
    pub(in crate::storage) organization_ids: Vec<Uuid>,
    pub(in crate::storage) ids: Vec<Uuid>,
    pub(in crate::storage) created_ats: Vec<OffsetDateTime>,
    pub(in crate::storage) updated_ats: Vec<OffsetDateTime>,
    pub(in crate::storage) revisions: Vec<i64>,
    pub(in crate::storage) names: Vec<Option<&'p str>>,
    pub(in crate::storage) relationships: Vec<&'static str>,
    pub(in crate::storage) account_statuses: Vec<Option<&'static str>>,
    pub(in crate::storage) countries: Vec<Option<&'p str>>,
    pub(in crate::storage) email_hashes: Vec<Option<&'p str>>,
    pub(in crate::storage) entity_types: Vec<Option<&'static str>>,
    pub(in crate::storage) name_hashes: Vec<Option<&'p str>>,
    pub(in crate::storage) onboarded_ats: Vec<Option<OffsetDateTime>>,
    pub(in crate::storage) reference_ids: Vec<Option<&'p str>>,
    pub(in crate::storage) pair_organization_ids: Vec<Uuid>,
    pub(in crate::storage) pair_profile_ids: Vec<Uuid>,
    pub(in crate::storage) pair_keys: Vec<&'p str>,
    pub(in crate::storage) pair_values: Vec<&'p str>,
}

impl<'p> ProfileColumns<'p> {
    pub(in crate::storage) fn of(profiles: impl Iterator<Item = (OrganizationId, &'p Profile)>) -> Self {
        let mut columns = Self::default();
        for (organization, profile) in profiles {
            columns.add_profile(organization.uuid(), profile);
            columns.add_pairs(organization.uuid(), profile.id.uuid(), profile.metadata.pairs());
        }
        columns
    }

    /// Adds a profile without its metadata.
    pub(in crate::storage) fn add_profile(&mut self, organization_id: Uuid, profile: &'p Profile) {
        let (id, details) = (profile.id.uuid(), &profile.details);
        self.organization_ids.push(organization_id);
        self.ids.push(id);
        self.created_ats.push(profile.created_at);
        self.updated_ats.push(profile.updated_at);
        self.revisions.push(profile.revision.number());
        self.names.push(profile.name.as_ref().map(Text::as_str));
        self.relationships.push(profile.relationship.as_str());
        self.account_statuses.push(details.account_status.map(EnumLabel::as_str));
        self.countries.push(details.country.as_ref().map(Text::as_str));
        self.email_hashes.push(details.email_hash.as_ref().map(Text::as_str));
        self.entity_types.push(details.entity_type.map(EnumLabel::as_str));
        self.name_hashes.push(details.name_hash.as_ref().map(Text::as_str));
        self.onboarded_ats.push(details.onboarded_at);
        self.reference_ids.push(details.reference_id.as_ref().map(Text::as_str));
    }

    /// Adds metadata pairs of a profile.
    pub(in crate::storage) fn add_pairs(
        &mut self,
        organization_id: Uuid,
        profile_id: Uuid,
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
    ) {
        for (key, value) in pairs {
            self.pair_organization_ids.push(organization_id);
            self.pair_profile_ids.push(profile_id);
            self.pair_keys.push(key);
            self.pair_values.push(value);
        }
    }
}
