//! `external_user_details`, in requests and answers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::body::fields::Fields;
use crate::api::body::values;
use crate::api::wire::scalars::WireLabel;
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::profile::change::Change;
use crate::domain::profile::external_user::{AccountStatus, EntityType, ExternalUserDetails, ExternalUserPatch};
use crate::domain::text::Text;

/// In a create every key may be absent; `null` means the same.
pub(super) fn read(fields: &mut Fields) -> ExternalUserDetails {
    ExternalUserDetails {
        account_status: fields.optional("account_status", values::label()),
        country: fields.optional("country", values::country()),
        email_hash: fields.optional("email_hash", values::text()),
        entity_type: fields.optional("entity_type", values::label()),
        name_hash: fields.optional("name_hash", values::text()),
        onboarded_at: fields.optional("onboarded_at", values::past_timestamp()),
        reference_id: fields.optional("reference_id", values::text()),
    }
}

/// In an update an absent key stays, and none can be cleared.
pub(super) fn read_patch(fields: &mut Fields) -> ExternalUserPatch {
    ExternalUserPatch {
        account_status: fields.replacement("account_status", values::label()),
        country: fields.replacement("country", values::country()),
        email_hash: fields.replacement("email_hash", values::text()),
        entity_type: fields.replacement("entity_type", values::label()),
        name_hash: fields.replacement("name_hash", values::text()),
        onboarded_at: fields.replacement("onboarded_at", values::past_timestamp()),
        reference_id: fields.replacement("reference_id", values::text()).map_or(Change::Keep, Change::Set),
    }
}

/// All seven keys are always present, null until supplied.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct WireDetails {
    /// The state of the entity's account with the platform.
    account_status: Option<WireLabel<AccountStatus>>,
    /// Where the entity is: two upper-case letters.
    country: Option<String>,
    /// The platform's own hash of the entity's e-mail address: opaque.
    email_hash: Option<String>,
    /// What the entity is.
    entity_type: Option<WireLabel<EntityType>>,
    /// The platform's own hash of the entity's name: opaque.
    name_hash: Option<String>,
    /// When the entity signed up with the platform, in UTC.
    onboarded_at: Option<WireTimestamp>,
    /// The platform's own id for the entity; not unique.
    reference_id: Option<String>,
}

impl From<ExternalUserDetails> for WireDetails {
    fn from(details: ExternalUserDetails) -> Self {
        Self {
            account_status: details.account_status.map(WireLabel),
            country: details.country.map(Text::into_string),
            email_hash: details.email_hash.map(Text::into_string),
            entity_type: details.entity_type.map(WireLabel),
            name_hash: details.name_hash.map(Text::into_string),
            onboarded_at: details.onboarded_at.map(WireTimestamp),
            reference_id: details.reference_id.map(Text::into_string),
        }
    }
}
