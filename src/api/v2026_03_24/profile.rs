//! A profile as it is answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::timestamp::WireTimestamp;
use crate::domain::text::Text;
use crate::domain::word::Word;
use crate::domain::{profile, trust_grant};

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize)]
pub struct Profile {
    id: String,
    created_at: WireTimestamp,
    metadata: BTreeMap<String, String>,
    relationship: &'static str,
    trust_grants: TrustGrants,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: WireTimestamp,
    external_id: Option<String>,
    name: Option<String>,
}

/// The decisions on a profile, by the names of their grants.
pub(in crate::api) type TrustGrants = BTreeMap<String, TrustGrant>;

/// A decision.
#[derive(Debug, Serialize)]
pub(in crate::api) struct TrustGrant {
    status: &'static str,
}

/// The decisions as this shape and the two after it show them.
pub(in crate::api) fn trust_grants(grants: trust_grant::TrustGrants) -> TrustGrants {
    grants.into_iter().map(|(name, grant)| (name, TrustGrant { status: grant.status.as_str() })).collect()
}

impl From<profile::Profile> for Profile {
    fn from(profile: profile::Profile) -> Self {
        Self {
            id: profile.id.to_string(),
            created_at: WireTimestamp(profile.created_at),
            metadata: profile.metadata.into_pairs(),
            relationship: profile.relationship.as_str(),
            trust_grants: trust_grants(profile.trust_grants),
            kind: "user_profile",
            updated_at: WireTimestamp(profile.updated_at),
            external_id: profile.details.reference_id.map(Text::into_string),
            name: profile.name.map(Text::into_string),
        }
    }
}
