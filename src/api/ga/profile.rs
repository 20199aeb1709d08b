//! A profile as it is answered, alone and in a list.

use std::collections::BTreeMap;

use serde::Serialize;

use super::enforcement::WireEnforcementAction;
use super::programs::Programs;
use crate::api::timestamp::WireTimestamp;
use crate::api::v2026_09_04::details::WireDetails;
use crate::domain::enforcement::EnforcementStatus;
use crate::domain::profile;
use crate::domain::text::Text;
use crate::domain::word::Word;

/// Every field is always present; what is unset is null.
#[derive(Debug, Serialize)]
pub struct Profile {
    id: String,
    access_type: &'static str,
    created_at: WireTimestamp,
    enforcement_actions: Vec<WireEnforcementAction>,
    enforcement_status: &'static str,
    external_user_details: WireDetails,
    metadata: BTreeMap<String, String>,
    name: Option<String>,
    programs: Programs,
    #[serde(rename = "type")]
    kind: &'static str,
    updated_at: WireTimestamp,
}

/// The same, with its programs in brief.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct ListedProfile(Profile);

impl Profile {
    fn new(profile: profile::Profile, programs: Programs) -> Self {
        Self {
            id: profile.id.to_string(),
            access_type: profile.relationship.access_type().as_str(),
            created_at: WireTimestamp(profile.created_at),
            enforcement_status: EnforcementStatus::of(&profile.enforcement_actions).as_str(),
            enforcement_actions: profile.enforcement_actions.into_iter().map(Into::into).collect(),
            external_user_details: profile.details.into(),
            metadata: profile.metadata.into_pairs(),
            name: profile.name.map(Text::into_string),
            programs,
            kind: "user_profile",
            updated_at: WireTimestamp(profile.updated_at),
        }
    }
}

impl From<profile::Profile> for Profile {
    fn from(profile: profile::Profile) -> Self {
        let programs = Programs::in_full(&profile.trust_grants);
        Self::new(profile, programs)
    }
}

impl From<profile::Profile> for ListedProfile {
    fn from(profile: profile::Profile) -> Self {
        let programs = Programs::in_brief(&profile.trust_grants);
        Self(Profile::new(profile, programs))
    }
}
