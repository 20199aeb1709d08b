//! The body of a create.

use super::access;
use crate::api::body::fields::Fields;
use crate::api::body::reader::Body;
use crate::api::body::values;
use crate::domain::clock::Timestamp;
use crate::domain::profile::ProfileDraft;
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::relationship::Relationship;
use crate::domain::text::{DisplayName, ReferenceId};

/// Every field may be absent; `null` means the same.
#[derive(Debug)]
pub struct CreateProfile {
    relationship: Relationship,
    external_id: Option<ReferenceId>,
    external_user_onboarded_at: Option<Timestamp>,
    metadata: Metadata,
    name: Option<DisplayName>,
}

impl Body for CreateProfile {
    fn read(fields: &mut Fields) -> Self {
        Self {
            relationship: access::created(access::read_with_alias(fields)),
            external_id: fields.optional("external_id", values::text()),
            external_user_onboarded_at: fields.optional("external_user_onboarded_at", values::past_timestamp()),
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
            details: ExternalUserDetails {
                onboarded_at: body.external_user_onboarded_at,
                reference_id: body.external_id,
                ..ExternalUserDetails::default()
            },
            metadata: body.metadata,
        }
    }
}
