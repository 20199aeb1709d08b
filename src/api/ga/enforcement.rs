//! An open enforcement action in an answer.

use schemars::JsonSchema;
use serde::Serialize;

use crate::api::wire::scalars::{WireId, WireLabel};
use crate::api::wire::timestamp::WireTimestamp;
use crate::domain::id::EnforcementActionKind;
use crate::domain::label::labels;
use crate::domain::trust::enforcement::{EnforcementAction, EnforcementKind, EnforcementReason, IdentityCheck};

labels! {
    /// What an entity can do to clear an action.
    ClearingAction {
        /// Submit an identity check.
        Verify = "verify",
    }
}

/// One limit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WireEnforcementAction {
    /// Unique, and stable while the action is open.
    id: WireId<EnforcementActionKind>,
    /// What kind of limit it is.
    r#type: WireLabel<EnforcementKind>,
    /// What the entity can do now to clear it; null while a check of its is in review, and where nothing can.
    action: Option<WireLabel<ClearingAction>>,
    /// Why the limit was placed.
    reason: WireLabel<EnforcementReason>,
    /// When the limit was placed, in UTC.
    opened_at: WireTimestamp,
    /// When the limit ends on its own, in UTC; null where it does not.
    expires_at: Option<WireTimestamp>,
}

impl From<EnforcementAction> for WireEnforcementAction {
    fn from(action: EnforcementAction) -> Self {
        let offered = action.identity_check == IdentityCheck::Offered;
        Self {
            id: WireId(action.id),
            r#type: WireLabel(action.kind),
            action: offered.then_some(WireLabel(ClearingAction::Verify)),
            reason: WireLabel(action.reason),
            opened_at: WireTimestamp(action.opened_at),
            expires_at: action.expires_at.map(WireTimestamp),
        }
    }
}
