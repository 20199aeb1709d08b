//! Enforcement actions, which limit a profile, and the status that summarizes the open ones.

use crate::domain::clock::Timestamp;
use crate::domain::id::EnforcementActionId;
use crate::domain::label::labels;

/// The most open actions of one profile: each read of the profile reads them all.
pub const MAX_OPEN_ACTIONS: i64 = 100;

labels! {
    /// The kind of an enforcement action.
    EnforcementKind {
        /// The entity is served partially until the action is resolved.
        Restriction = "restriction",
        /// The entity is not served. A ban has no expiry and no identity check.
        Ban = "ban",
    }
}

labels! {
    /// The reason of an enforcement action.
    EnforcementReason {
        /// The service is not offered in its region.
        UnsupportedRegion = "unsupported_region",
        /// Fraud or abuse.
        FraudOrAbuse = "fraud_or_abuse",
        /// High harm.
        HighHarm = "high_harm",
        /// A violation of the usage policy.
        UsagePolicyViolation = "usage_policy_violation",
        /// The account was taken over. Such an action never expires.
        AccountCompromise = "account_compromise",
        /// Not specified.
        Unspecified = "unspecified",
    }
}

labels! {
    /// Whether an identity check can clear a restriction.
    IdentityCheck {
        /// None is offered.
        None = "none",
        /// The entity may submit one.
        Offered = "offered",
        /// One was submitted and is in review.
        InReview = "in_review",
    }
}

labels! {
    /// The summary of the open actions.
    EnforcementStatus {
        /// None is open.
        Unrestricted = "unrestricted",
        /// An identity check is in review.
        Pending = "pending",
        /// An action is open.
        Restricted = "restricted",
        /// A ban is open.
        Banned = "banned",
    }
}

/// An enforcement action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnforcementAction {
    /// Unique, and stable while the action is open.
    pub id: EnforcementActionId,
    /// The kind of an enforcement action.
    pub kind: EnforcementKind,
    /// The reason.
    pub reason: EnforcementReason,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// Whether an identity check can clear it.
    pub identity_check: IdentityCheck,
}

impl EnforcementStatus {
    /// The status of the `open` actions, by the first rule that holds: a ban; a check in review, unless an account was taken over; any
    /// action; none.
    #[must_use]
    pub fn of(open: &[EnforcementAction]) -> Self {
        let any = |holds: fn(&EnforcementAction) -> bool| open.iter().any(holds);
        if any(|action| action.kind == EnforcementKind::Ban) {
            Self::Banned
        } else if any(|action| action.identity_check == IdentityCheck::InReview)
            && !any(|action| action.reason == EnforcementReason::AccountCompromise)
        {
            Self::Pending
        } else if open.is_empty() {
            Self::Unrestricted
        } else {
            Self::Restricted
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn action(kind: EnforcementKind, reason: EnforcementReason, identity_check: IdentityCheck) -> EnforcementAction {
        let id = EnforcementActionId::new(Uuid::nil());
        EnforcementAction {
            id,
            kind,
            reason,
            opened_at: datetime!(2026-03-15 10:00 UTC),
            expires_at: None,
            identity_check,
        }
    }

    #[test]
    fn the_status_is_the_first_rule_that_holds() {
        let ban = action(EnforcementKind::Ban, EnforcementReason::HighHarm, IdentityCheck::None);
        let closed = action(EnforcementKind::Restriction, EnforcementReason::Unspecified, IdentityCheck::None);
        let offered = action(EnforcementKind::Restriction, EnforcementReason::Unspecified, IdentityCheck::Offered);
        let review = action(EnforcementKind::Restriction, EnforcementReason::Unspecified, IdentityCheck::InReview);
        let taken = action(EnforcementKind::Restriction, EnforcementReason::AccountCompromise, IdentityCheck::None);
        for (open, status) in [
            (vec![], EnforcementStatus::Unrestricted),
            (vec![closed.clone()], EnforcementStatus::Restricted),
            (vec![offered], EnforcementStatus::Restricted),
            (vec![closed, review.clone()], EnforcementStatus::Pending),
            (vec![review.clone(), taken], EnforcementStatus::Restricted),
            (vec![review, ban], EnforcementStatus::Banned),
        ] {
            assert_eq!(EnforcementStatus::of(&open), status, "{open:?}");
        }
    }
}
