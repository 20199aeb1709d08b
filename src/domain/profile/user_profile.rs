//! The profile of an entity, and its updates.

use super::change::Change;
use super::external_user::{ExternalUserDetails, ExternalUserPatch};
use super::metadata::{Metadata, MetadataPatch};
use super::relationship::{Relationship, RelationshipChange};
use super::revision::Revision;
use crate::domain::clock::Timestamp;
use crate::domain::error::{Error, Result, reason};
use crate::domain::id::ProfileId;
use crate::domain::label::labels;
use crate::domain::text::{self, DisplayName};
use crate::domain::trust::enforcement::EnforcementAction;
use crate::domain::trust::grant::TrustGrants;

/// The profile of one entity that the platform serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Unique; ids sort in the order of creation.
    pub id: ProfileId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts its changes.
    pub revision: Revision,
    /// The entity's name.
    pub name: Option<DisplayName>,
    /// What the entity is to the platform.
    pub relationship: Relationship,
    /// What the platform states about the entity.
    pub details: ExternalUserDetails,
    /// The platform's own pairs.
    pub metadata: Metadata,
    /// Its trust grants.
    pub trust_grants: TrustGrants,
    /// Its open enforcement actions.
    pub enforcement_actions: Vec<EnforcementAction>,
}

labels! {
    /// The fields of a profile that a platform writes, labelled as they are stored.
    ProfileField {
        /// The state of the entity's account on the platform.
        AccountStatus = "account_status",
        /// The entity's country.
        Country = "country",
        /// A hash of its e-mail address.
        EmailHash = "email_hash",
        /// What kind of entity it is.
        EntityType = "entity_type",
        /// The platform's own pairs.
        Metadata = "metadata",
        /// The entity's name.
        Name = "name",
        /// A hash of its name.
        NameHash = "name_hash",
        /// When it opened its account with the platform.
        OnboardedAt = "onboarded_at",
        /// The platform's own id for it.
        ReferenceId = "reference_id",
        /// What it is to the platform.
        Relationship = "relationship",
    }
}

/// The fields of a create.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileDraft {
    /// The entity's name.
    pub name: Option<DisplayName>,
    /// What the entity is to the platform.
    pub relationship: Relationship,
    /// What the platform states about the entity.
    pub details: ExternalUserDetails,
    /// The platform's own pairs.
    pub metadata: Metadata,
}

impl ProfileDraft {
    /// The new profile.
    #[must_use]
    pub fn into_profile(self, id: ProfileId, created_at: Timestamp) -> Profile {
        Profile {
            id,
            created_at,
            updated_at: created_at,
            revision: Revision::FIRST,
            name: self.name,
            relationship: self.relationship,
            details: self.details,
            metadata: self.metadata,
            trust_grants: TrustGrants::new(),
            enforcement_actions: Vec::new(),
        }
    }
}

/// Whether an updated profile may have no name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamePolicy {
    /// It may.
    #[default]
    Optional,
    /// Not if it is resold and the update touches the name or the relationship.
    RequiredWhenResold,
}

/// The changes of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePatch {
    /// The entity's name.
    pub name: Change<DisplayName>,
    /// What the entity is to the platform.
    pub relationship: Option<RelationshipChange>,
    /// What the platform states about the entity.
    pub details: ExternalUserPatch,
    /// The platform's own pairs.
    pub metadata: MetadataPatch,
    /// Whether the updated profile may be without a name.
    pub name_policy: NamePolicy,
}

impl ProfilePatch {
    /// The bytes of the texts that it writes.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        text::bytes(self.name.value()) + self.details.bytes() + self.metadata.bytes()
    }

    fn touches_name_or_relationship(&self) -> bool {
        self.name != Change::Keep || self.relationship.is_some()
    }
}

impl Profile {
    /// Applies `patch`; `None` if that changes nothing (`updated_at` and the revision included).
    ///
    /// # Errors
    /// `Invalid` for more than 16 metadata pairs, or no name where the policy requires one.
    pub fn patched(&self, patch: &ProfilePatch, now: Timestamp) -> Result<Option<Self>> {
        let metadata =
            self.metadata.merged(&patch.metadata).map_err(|violation| Error::invalid_field("metadata", violation))?;
        let patched = Self {
            name: patch.name.applied_to(self.name.as_ref()),
            relationship: patch.relationship.map_or(self.relationship, |change| change.applied_to(self.relationship)),
            details: self.details.patched(&patch.details),
            metadata,
            trust_grants: self.trust_grants.clone(),
            enforcement_actions: self.enforcement_actions.clone(),
            ..*self
        };
        if patch.name_policy == NamePolicy::RequiredWhenResold
            && patch.touches_name_or_relationship()
            && patched.lacks_required_name()
        {
            return Err(Error::invalid_field("name", name_required()));
        }
        // `updated_at` never goes back, even if the clock does.
        let updated_at = now.max(self.updated_at);
        Ok((patched != *self).then_some(Self { updated_at, revision: self.revision.next(), ..patched }))
    }

    /// The bytes of the texts that a platform writes.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        text::bytes(self.name.as_ref()) + self.details.bytes() + self.metadata.bytes()
    }

    /// The fields that a platform writes and that differ from `before`.
    #[must_use]
    pub fn changed_fields(&self, before: &Self) -> Vec<ProfileField> {
        let (now, then) = (&self.details, &before.details);
        let compared = [
            (ProfileField::AccountStatus, now.account_status != then.account_status),
            (ProfileField::Country, now.country != then.country),
            (ProfileField::EmailHash, now.email_hash != then.email_hash),
            (ProfileField::EntityType, now.entity_type != then.entity_type),
            (ProfileField::Metadata, self.metadata != before.metadata),
            (ProfileField::Name, self.name != before.name),
            (ProfileField::NameHash, now.name_hash != then.name_hash),
            (ProfileField::OnboardedAt, now.onboarded_at != then.onboarded_at),
            (ProfileField::ReferenceId, now.reference_id != then.reference_id),
            (ProfileField::Relationship, self.relationship != before.relationship),
        ];
        compared.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }

    fn lacks_required_name(&self) -> bool {
        self.relationship == Relationship::Resold && self.name.is_none()
    }
}

/// The violation of a resold profile without a name.
#[must_use]
pub fn name_required() -> validator::ValidationError {
    reason("required", "Field required when `relationship` is `resold`")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::text::{ReferenceId, Text};

    fn name(text: &str) -> DisplayName {
        DisplayName::parse(text.to_owned()).unwrap()
    }

    fn resold() -> Profile {
        ProfileDraft { name: Some(name("Acme")), relationship: Relationship::Resold, ..ProfileDraft::default() }
            .into_profile(ProfileId::new(Uuid::nil()), datetime!(2026-03-15 10:00 UTC))
    }

    const LATER: Timestamp = datetime!(2026-03-16 10:00 UTC);

    #[test]
    fn a_patch_that_says_what_is_already_so_changes_nothing() {
        let patch = ProfilePatch { name: Change::Set(name("Acme")), ..ProfilePatch::default() };
        assert_eq!(resold().patched(&patch, LATER).unwrap(), None);
        assert_eq!(resold().patched(&ProfilePatch::default(), LATER).unwrap(), None);
    }

    #[test]
    fn a_real_change_moves_updated_at_and_the_revision_and_nothing_else() {
        let patch = ProfilePatch { name: Change::Set(name("Emca")), ..ProfilePatch::default() };
        let revision = Revision::FIRST.next();
        let expected = Profile { name: Some(name("Emca")), updated_at: LATER, revision, ..resold() };
        assert_eq!(resold().patched(&patch, LATER).unwrap(), Some(expected));
    }

    #[test]
    fn a_resold_profile_keeps_its_name_where_the_policy_asks_for_one() {
        let clear = ProfilePatch { name: Change::Clear, ..ProfilePatch::default() };
        let strict = ProfilePatch { name_policy: NamePolicy::RequiredWhenResold, ..clear.clone() };
        assert!(resold().patched(&clear, LATER).unwrap().is_some());
        assert!(resold().patched(&strict, LATER).is_err());
        let external = ProfilePatch { relationship: Some(RelationshipChange::To(Relationship::External)), ..strict };
        assert!(resold().patched(&external, LATER).unwrap().is_some());
    }

    #[test]
    fn a_nameless_resold_profile_can_still_change_what_is_not_its_name() {
        let nameless = Profile { name: None, ..resold() };
        let reference_id = ReferenceId::parse("user_1".to_owned()).unwrap();
        let patch = ProfilePatch {
            details: ExternalUserPatch { reference_id: Change::Set(reference_id), ..ExternalUserPatch::default() },
            name_policy: NamePolicy::RequiredWhenResold,
            ..ProfilePatch::default()
        };
        assert!(nameless.patched(&patch, LATER).unwrap().is_some());
    }

    #[test]
    fn the_fields_that_a_patch_changed_are_named_and_no_others() {
        let reference_id = ReferenceId::parse("user_1".to_owned()).unwrap();
        let patch = ProfilePatch {
            name: Change::Set(name("Acme")),
            relationship: Some(RelationshipChange::To(Relationship::External)),
            details: ExternalUserPatch { reference_id: Change::Set(reference_id), ..ExternalUserPatch::default() },
            ..ProfilePatch::default()
        };
        let after = resold().patched(&patch, LATER).unwrap().unwrap();
        assert_eq!(after.changed_fields(&resold()), [ProfileField::ReferenceId, ProfileField::Relationship]);
        assert_eq!(after.changed_fields(&after), []);
    }

    #[test]
    fn updated_at_never_goes_back() {
        let patch = ProfilePatch { name: Change::Clear, ..ProfilePatch::default() };
        let before = datetime!(2026-03-14 10:00 UTC);
        assert_eq!(resold().patched(&patch, before).unwrap().unwrap().updated_at, resold().updated_at);
    }
}
