//! Profiles as arrays, one per column, so that one statement takes any number of them.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::id::OrganizationId;
use crate::domain::label::EnumLabel;
use crate::domain::profile::Profile;
use crate::domain::text::Text;

/// Profiles and their metadata pairs as arrays, one per column.
#[derive(Default)]
pub(super) struct ProfileColumns<'p> {
    pub(super) organization_ids: Vec<Uuid>,
    pub(super) ids: Vec<Uuid>,
    pub(super) created_ats: Vec<OffsetDateTime>,
    pub(super) updated_ats: Vec<OffsetDateTime>,
    pub(super) revisions: Vec<i64>,
    pub(super) names: Vec<Option<&'p str>>,
    pub(super) relationships: Vec<&'static str>,
    pub(super) account_statuses: Vec<Option<&'static str>>,
    pub(super) countries: Vec<Option<&'p str>>,
    pub(super) email_hashes: Vec<Option<&'p str>>,
    pub(super) entity_types: Vec<Option<&'static str>>,
    pub(super) name_hashes: Vec<Option<&'p str>>,
    pub(super) onboarded_ats: Vec<Option<OffsetDateTime>>,
    pub(super) reference_ids: Vec<Option<&'p str>>,
    pub(super) pair_organization_ids: Vec<Uuid>,
    pub(super) pair_profile_ids: Vec<Uuid>,
    pub(super) pair_keys: Vec<&'p str>,
    pub(super) pair_values: Vec<&'p str>,
}

impl<'p> ProfileColumns<'p> {
    pub(super) fn of(profiles: impl Iterator<Item = (OrganizationId, &'p Profile)>) -> Self {
        let mut columns = Self::default();
        for (organization, profile) in profiles {
            columns.add_profile(organization.uuid(), profile);
            columns.add_pairs(organization.uuid(), profile.id.uuid(), profile.metadata.pairs());
        }
        columns
    }

    /// Adds a profile without its metadata.
    pub(super) fn add_profile(&mut self, organization_id: Uuid, profile: &'p Profile) {
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
    pub(super) fn add_pairs(
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
