//! The body of a create.

use crate::api::body::Body;
use crate::api::fields::{self, Fields};
use crate::domain::metadata::Metadata;
use crate::domain::profile::{ProfileDraft, Relationship, name_required};
use crate::domain::text::{DisplayName, ReferenceId};

/// Every field may be absent; `null` means the same.
#[derive(Debug)]
pub struct CreateProfile {
    external_id: Option<ReferenceId>,
    metadata: Metadata,
    /// Required when `relationship` is `resold`.
    name: Option<DisplayName>,
    relationship: Relationship,
}

impl Body for CreateProfile {
    fn read(fields: &mut Fields) -> Self {
        let body = Self {
            external_id: fields.optional("external_id", fields::text),
            metadata: fields.optional("metadata", fields::metadata).unwrap_or_default(),
            name: fields.optional("name", fields::text),
            relationship: fields.optional("relationship", fields::word).unwrap_or_default(),
        };
        if body.relationship == Relationship::Resold && body.name.is_none() {
            fields.refuse("name", name_required());
        }
        body
    }
}

impl From<CreateProfile> for ProfileDraft {
    fn from(body: CreateProfile) -> Self {
        Self {
            name: body.name,
            relationship: body.relationship,
            reference_id: body.external_id,
            metadata: body.metadata,
        }
    }
}
