//! `external_user_details`, in requests and answers.

use serde::Serialize;

use crate::api::fields::Fields;
use crate::api::timestamp::WireTimestamp;
use crate::api::values;
use crate::domain::external_user::{ExternalUserDetails, ExternalUserPatch};
use crate::domain::profile::Change;
use crate::domain::text::Text;
use crate::domain::word::Word;

/// In a create every key may be absent; `null` means the same.
pub(super) fn read(fields: &mut Fields) -> ExternalUserDetails {
    let now = fields.now();
    ExternalUserDetails {
        account_status: fields.optional("account_status", values::word),
        country: fields.optional("country", values::text),
        email_hash: fields.optional("email_hash", values::text),
        entity_type: fields.optional("entity_type", values::word),
        name_hash: fields.optional("name_hash", values::text),
        onboarded_at: fields.optional("onboarded_at", |value| values::past_timestamp(value, now)),
        reference_id: fields.optional("reference_id", values::text),
    }
}

/// In an update an absent key stays, and none can be cleared.
pub(super) fn read_patch(fields: &mut Fields) -> ExternalUserPatch {
    let now = fields.now();
    ExternalUserPatch {
        account_status: fields.replacement("account_status", values::word),
        country: fields.replacement("country", values::text),
        email_hash: fields.replacement("email_hash", values::text),
        entity_type: fields.replacement("entity_type", values::word),
        name_hash: fields.replacement("name_hash", values::text),
        onboarded_at: fields.replacement("onboarded_at", |value| values::past_timestamp(value, now)),
        reference_id: fields.replacement("reference_id", values::text).map_or(Change::Keep, Change::Set),
    }
}

/// All seven keys are always present, null until supplied.
#[derive(Debug, Serialize)]
pub(in crate::api) struct WireDetails {
    account_status: Option<&'static str>,
    country: Option<String>,
    email_hash: Option<String>,
    entity_type: Option<&'static str>,
    name_hash: Option<String>,
    onboarded_at: Option<WireTimestamp>,
    reference_id: Option<String>,
}

impl From<ExternalUserDetails> for WireDetails {
    fn from(details: ExternalUserDetails) -> Self {
        Self {
            account_status: details.account_status.map(Word::as_str),
            country: details.country.map(Text::into_string),
            email_hash: details.email_hash.map(Text::into_string),
            entity_type: details.entity_type.map(Word::as_str),
            name_hash: details.name_hash.map(Text::into_string),
            onboarded_at: details.onboarded_at.map(WireTimestamp),
            reference_id: details.reference_id.map(Text::into_string),
        }
    }
}
