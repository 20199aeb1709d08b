//! A profile in an answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::details::WireDetails;
use crate::api::v2026_03_24::profile::{GrantStatuses, ProfileType, grant_statuses};
use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::id::ProfileKind;
use crate::domain::profile::Profile;
use crate::domain::profile::relationship::AccessType;
use crate::domain::text::Text;

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireProfile {
    /// Unique; ids sort in the order of creation.
    id: WireId<ProfileKind>,
    /// How the platform uses the API for the entity: for its own product, or resold.
    access_type: WireLabel<AccessType>,
    /// When the profile was created, in UTC.
    created_at: WireTimestamp,
    /// What the platform states about the entity.
    external_user_details: WireDetails,
    /// The platform's own pairs.
    metadata: BTreeMap<String, String>,
    /// The entity's name.
    name: Option<String>,
    /// The decisions on the profile, by the names of their grants. One that is neither decided nor in flight has no key.
    trust_grants: GrantStatuses,
    /// What kind of object this is.
    r#type: WireLabel<ProfileType>,
    /// When anything that the profile shows last changed, in UTC.
    updated_at: WireTimestamp,
}

impl From<Profile> for WireProfile {
    fn from(profile: Profile) -> Self {
        Self {
            id: WireId(profile.id),
            access_type: WireLabel(profile.relationship.access_type()),
            created_at: WireTimestamp(profile.created_at),
            external_user_details: profile.details.into(),
            metadata: profile.metadata.into_pairs(),
            name: profile.name.map(Text::into_string),
            trust_grants: grant_statuses(profile.trust_grants),
            r#type: WireLabel(ProfileType::UserProfile),
            updated_at: WireTimestamp(profile.updated_at),
        }
    }
}
