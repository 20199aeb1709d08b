//! A profile in an answer and in a list.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::enforcement::WireEnforcementAction;
use super::programs::Programs;
use crate::api::v2026_03_24::profile::ProfileType;
use crate::api::v2026_09_04::details::WireDetails;
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::id::ProfileKind;
use crate::domain::profile::Profile;
use crate::domain::profile::relationship::AccessType;
use crate::domain::text::Text;
use crate::domain::trust::enforcement::EnforcementStatus;

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireProfile {
    /// Unique; ids sort in the order of creation.
    id: WireId<ProfileKind>,
    /// How the platform uses the API for the entity: for its own product, or resold.
    access_type: WireLabel<AccessType>,
    /// When the profile was created, in UTC.
    created_at: WireTimestamp,
    /// The limits on the entity that are open.
    enforcement_actions: Vec<WireEnforcementAction>,
    /// The one word that sums up the open limits.
    enforcement_status: WireLabel<EnforcementStatus>,
    /// What the platform states about the entity.
    external_user_details: WireDetails,
    /// The platform's own pairs.
    metadata: BTreeMap<String, String>,
    /// The entity's name.
    name: Option<String>,
    /// What the entity has been approved for.
    programs: Programs,
    /// What kind of object this is.
    r#type: WireLabel<ProfileType>,
    /// When anything that the profile shows last changed, in UTC.
    updated_at: WireTimestamp,
}

/// The same, with its programs in brief.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct ListedProfile(WireProfile);

impl WireProfile {
    fn new(profile: Profile, programs: Programs) -> Self {
        Self {
            id: WireId(profile.id),
            access_type: WireLabel(profile.relationship.access_type()),
            created_at: WireTimestamp(profile.created_at),
            enforcement_status: WireLabel(EnforcementStatus::of(&profile.enforcement_actions)),
            enforcement_actions: profile.enforcement_actions.into_iter().map(Into::into).collect(),
            external_user_details: profile.details.into(),
            metadata: profile.metadata.into_pairs(),
            name: profile.name.map(Text::into_string),
            programs,
            r#type: WireLabel(ProfileType::UserProfile),
            updated_at: WireTimestamp(profile.updated_at),
        }
    }
}

impl From<Profile> for WireProfile {
    fn from(profile: Profile) -> Self {
        let programs = Programs::in_full(&profile.trust_grants);
        Self::new(profile, programs)
    }
}

impl From<Profile> for ListedProfile {
    fn from(profile: Profile) -> Self {
        let programs = Programs::in_brief(&profile.trust_grants);
        Self(WireProfile::new(profile, programs))
    }
}
