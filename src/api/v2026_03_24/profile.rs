//! A profile as it is answered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::timestamp::WireTimestamp;
use crate::domain::profile;
use crate::domain::text::Text;
use crate::domain::word::Word;

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize)]
pub struct Profile {
    id: String,
    created_at: WireTimestamp,
    metadata: BTreeMap<String, String>,
    relationship: &'static str,
    trust_grants: BTreeMap<String, TrustGrant>,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: WireTimestamp,
    external_id: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Serialize)]
struct TrustGrant {
    status: &'static str,
}

impl From<profile::Profile> for Profile {
    fn from(profile: profile::Profile) -> Self {
        let grants = profile.trust_grants.into_iter();
        Self {
            id: profile.id.to_string(),
            created_at: WireTimestamp(profile.created_at),
            metadata: profile.metadata.into_pairs(),
            relationship: profile.relationship.as_str(),
            trust_grants: grants.map(|(name, status)| (name, TrustGrant { status: status.as_str() })).collect(),
            kind: "user_profile",
            updated_at: WireTimestamp(profile.updated_at),
            external_id: profile.reference_id.map(Text::into_string),
            name: profile.name.map(Text::into_string),
        }
    }
}
