//! A profile in an answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::id::ProfileKind;
use crate::domain::label::labels;
use crate::domain::profile::Profile;
use crate::domain::profile::relationship::Relationship;
use crate::domain::text::Text;
use crate::domain::trust::grant::{TrustGrantStatus, TrustGrants};

labels! {
    /// The `type` of a profile.
    ProfileType {
        /// A profile.
        UserProfile = "user_profile",
    }
}

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WireProfile {
    /// Unique; ids sort in the order of creation.
    id: WireId<ProfileKind>,
    /// When the profile was created, in UTC.
    created_at: WireTimestamp,
    /// The platform's own pairs.
    metadata: BTreeMap<String, String>,
    /// What the entity is to the platform.
    relationship: WireLabel<Relationship>,
    /// The decisions on the profile, by the names of their grants. One that is neither decided nor in flight has no key.
    trust_grants: GrantStatuses,
    /// What kind of object this is.
    r#type: WireLabel<ProfileType>,
    /// When anything that the profile shows last changed, in UTC.
    updated_at: WireTimestamp,
    /// The platform's own id for the entity; not unique.
    external_id: Option<String>,
    /// The entity's name.
    name: Option<String>,
}

/// The decisions on a profile, by the names of their grants.
pub(in crate::api) type GrantStatuses = BTreeMap<String, GrantStatus>;

/// A decision.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct GrantStatus {
    /// Granted, asked for, or declined.
    status: WireLabel<TrustGrantStatus>,
}

/// The decisions as this version and the two after it show them.
pub(in crate::api) fn grant_statuses(grants: TrustGrants) -> GrantStatuses {
    grants
        .into_iter()
        .map(|(name, grant)| (name.into_string(), GrantStatus { status: WireLabel(grant.status) }))
        .collect()
}

impl From<Profile> for WireProfile {
    fn from(profile: Profile) -> Self {
        Self {
            id: WireId(profile.id),
            created_at: WireTimestamp(profile.created_at),
            metadata: profile.metadata.into_pairs(),
            relationship: WireLabel(profile.relationship),
            trust_grants: grant_statuses(profile.trust_grants),
            r#type: WireLabel(ProfileType::UserProfile),
            updated_at: WireTimestamp(profile.updated_at),
            external_id: profile.details.reference_id.map(Text::into_string),
            name: profile.name.map(Text::into_string),
        }
    }
}
