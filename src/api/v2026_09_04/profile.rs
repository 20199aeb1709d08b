//! A profile as it is answered.

use std::collections::BTreeMap;

use serde::Serialize;

use super::details::WireDetails;
use crate::api::timestamp::WireTimestamp;
use crate::api::v2026_03_24::profile::{TrustGrants, trust_grants};
use crate::domain::profile;
use crate::domain::text::Text;
use crate::domain::word::Word;

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize)]
pub struct Profile {
    id: String,
    access_type: &'static str,
    created_at: WireTimestamp,
    external_user_details: WireDetails,
    metadata: BTreeMap<String, String>,
    name: Option<String>,
    trust_grants: TrustGrants,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: WireTimestamp,
}

impl From<profile::Profile> for Profile {
    fn from(profile: profile::Profile) -> Self {
        Self {
            id: profile.id.to_string(),
            access_type: profile.relationship.access_type().as_str(),
            created_at: WireTimestamp(profile.created_at),
            external_user_details: profile.details.into(),
            metadata: profile.metadata.into_pairs(),
            name: profile.name.map(Text::into_string),
            trust_grants: trust_grants(profile.trust_grants),
            kind: "user_profile",
            updated_at: WireTimestamp(profile.updated_at),
        }
    }
}
