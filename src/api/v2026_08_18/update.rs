//! The body of an update.

use super::access;
use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::domain::clock::Timestamp;
use crate::domain::profile::change::Change;
use crate::domain::profile::external_user::ExternalUserPatch;
use crate::domain::profile::metadata::MetadataPatch;
use crate::domain::profile::relationship::RelationshipChange;
use crate::domain::profile::{NamePolicy, ProfilePatch};
use crate::domain::text::{DisplayName, ReferenceId};

/// An absent field stays. `null` clears a name and an external id, is refused for the time of sign-up, and means absence elsewhere.
#[derive(Debug)]
pub struct UpdateProfile {
    relationship: Option<RelationshipChange>,
    external_id: Change<ReferenceId>,
    external_user_onboarded_at: Option<Timestamp>,
    metadata: MetadataPatch,
    name: Change<DisplayName>,
}

impl Body for UpdateProfile {
    fn read(fields: &mut Fields) -> Self {
        Self {
            relationship: access::read_with_alias(fields),
            external_id: fields.change("external_id", values::text()),
            external_user_onboarded_at: fields.replacement("external_user_onboarded_at", values::past_timestamp()),
            metadata: fields.optional("metadata", values::metadata_patch()).unwrap_or_default(),
            name: fields.change("name", values::text()),
        }
    }
}

impl From<UpdateProfile> for ProfilePatch {
    fn from(body: UpdateProfile) -> Self {
        Self {
            name: body.name,
            relationship: body.relationship,
            details: ExternalUserPatch {
                onboarded_at: body.external_user_onboarded_at,
                reference_id: body.external_id,
                ..ExternalUserPatch::default()
            },
            metadata: body.metadata,
            name_policy: NamePolicy::Optional,
        }
    }
}
