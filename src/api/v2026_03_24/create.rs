//! The body of a create.

use serde_json::json;

use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::relationship::Relationship;
use crate::domain::profile::{ProfileDraft, name_required};
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
            external_id: fields.optional("external_id", values::text()),
            metadata: fields.optional("metadata", values::metadata()).unwrap_or_default(),
            name: fields.optional("name", values::text()),
            relationship: fields.optional("relationship", values::label()).unwrap_or_default(),
        };
        fields.documented_rule(|| {
            json!({
                "description": "A resold profile needs a name.",
                "if": {"properties": {"relationship": {"const": "resold"}}, "required": ["relationship"]},
                "then": {"properties": {"name": {"type": "string"}}, "required": ["name"]},
            })
        });
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
            details: ExternalUserDetails { reference_id: body.external_id, ..ExternalUserDetails::default() },
            metadata: body.metadata,
        }
    }
}
