//! The body of a create.

use super::details;
use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::api::v2026_08_18::read_relationship;
use crate::domain::profile::ProfileDraft;
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::relationship::Relationship;
use crate::domain::text::DisplayName;

/// Every field may be absent; `null` means the same.
#[derive(Debug)]
pub struct CreateProfile {
    relationship: Relationship,
    external_user_details: ExternalUserDetails,
    metadata: Metadata,
    name: Option<DisplayName>,
}

impl Body for CreateProfile {
    fn read(fields: &mut Fields) -> Self {
        Self {
            relationship: read_relationship(fields),
            external_user_details: fields.object("external_user_details", details::read).unwrap_or_default(),
            metadata: fields.optional("metadata", values::metadata()).unwrap_or_default(),
            name: fields.optional("name", values::text()),
        }
    }
}

impl From<CreateProfile> for ProfileDraft {
    fn from(body: CreateProfile) -> Self {
        Self {
            name: body.name,
            relationship: body.relationship,
            details: body.external_user_details,
            metadata: body.metadata,
        }
    }
}
