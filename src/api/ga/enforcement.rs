//! An open enforcement action as it is answered.

use serde::Serialize;

use crate::api::timestamp::WireTimestamp;
use crate::domain::enforcement::{EnforcementAction, IdentityCheck};
use crate::domain::word::Word;

#[derive(Debug, Serialize)]
pub(super) struct WireEnforcementAction {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    /// What the entity can do now to clear it; null while a check of its is in review.
    action: Option<&'static str>,
    reason: &'static str,
    opened_at: WireTimestamp,
    expires_at: Option<WireTimestamp>,
}

impl From<EnforcementAction> for WireEnforcementAction {
    fn from(action: EnforcementAction) -> Self {
        Self {
            id: action.id.to_string(),
            kind: action.kind.as_str(),
            action: (action.identity_check == IdentityCheck::Offered).then_some("verify"),
            reason: action.reason.as_str(),
            opened_at: WireTimestamp(action.opened_at),
            expires_at: action.expires_at.map(WireTimestamp),
        }
    }
}
