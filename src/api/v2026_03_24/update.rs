//! The body of an update.

use serde_json::json;

use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::domain::profile::change::Change;
use crate::domain::profile::external_user::ExternalUserPatch;
use crate::domain::profile::metadata::MetadataPatch;
use crate::domain::profile::relationship::{Relationship, RelationshipChange};
use crate::domain::profile::{NamePolicy, ProfilePatch};
use crate::domain::text::{DisplayName, ReferenceId};

/// An absent field stays. `null` clears a name and an external id, and means absence elsewhere.
#[derive(Debug)]
pub struct UpdateProfile {
    external_id: Change<ReferenceId>,
    metadata: MetadataPatch,
    name: Change<DisplayName>,
    relationship: Option<Relationship>,
}

impl Body for UpdateProfile {
    fn read(fields: &mut Fields) -> Self {
        fields.documented_rule(|| {
            json!({
                "description": "An update of the name or the relationship may not leave a resold profile without a name.",
            })
        });
        Self {
            external_id: fields.change("external_id", values::text()),
            metadata: fields.optional("metadata", values::metadata_patch()).unwrap_or_default(),
            name: fields.change("name", values::text()),
            relationship: fields.optional("relationship", values::label()),
        }
    }
}

impl From<UpdateProfile> for ProfilePatch {
    fn from(body: UpdateProfile) -> Self {
        Self {
            name: body.name,
            relationship: body.relationship.map(RelationshipChange::To),
            details: ExternalUserPatch { reference_id: body.external_id, ..ExternalUserPatch::default() },
            metadata: body.metadata,
            name_policy: NamePolicy::RequiredWhenResold,
        }
    }
}
