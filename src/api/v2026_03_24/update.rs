//! The body of an update.

use crate::api::body::Body;
use crate::api::fields::{self, Fields};
use crate::domain::metadata::MetadataPatch;
use crate::domain::profile::{Change, NamePolicy, ProfilePatch, Relationship};
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
        Self {
            external_id: fields.change("external_id", fields::text),
            metadata: fields.optional("metadata", fields::metadata_patch).unwrap_or_default(),
            name: fields.change("name", fields::text),
            relationship: fields.optional("relationship", fields::word),
        }
    }
}

impl From<UpdateProfile> for ProfilePatch {
    fn from(body: UpdateProfile) -> Self {
        Self {
            name: body.name,
            relationship: body.relationship,
            reference_id: body.external_id,
            metadata: body.metadata,
            name_policy: NamePolicy::RequiredWhenResold,
        }
    }
}
