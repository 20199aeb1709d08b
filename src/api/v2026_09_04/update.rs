//! The body of an update.

use super::details;
use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::api::v2026_08_18::read_access_change;
use crate::domain::profile::change::Change;
use crate::domain::profile::external_user::ExternalUserPatch;
use crate::domain::profile::metadata::MetadataPatch;
use crate::domain::profile::relationship::RelationshipChange;
use crate::domain::profile::{NamePolicy, ProfilePatch};
use crate::domain::text::DisplayName;

/// An absent field stays. `null` clears a name, is refused within the details, and means absence elsewhere.
#[derive(Debug)]
pub struct UpdateProfile {
    relationship: Option<RelationshipChange>,
    external_user_details: ExternalUserPatch,
    metadata: MetadataPatch,
    name: Change<DisplayName>,
}

impl Body for UpdateProfile {
    fn read(fields: &mut Fields) -> Self {
        Self {
            relationship: read_access_change(fields),
            external_user_details: fields.object("external_user_details", details::read_patch).unwrap_or_default(),
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
            details: body.external_user_details,
            metadata: body.metadata,
            name_policy: NamePolicy::Optional,
        }
    }
}
