//! Verdicts: what a decision makes of a trust grant.

use validator::ValidationError;

use super::grant::{GrantName, GrantParts, parts_of};
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::label::labels;

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was asked for.
    Request,
    /// It is granted; also again, with other parts or another end.
    Grant {
        /// From when on it is there no longer.
        expires_at: Option<Timestamp>,
        /// Which parts of it apply; those that are not named do not.
        parts: GrantParts,
    },
    /// It is declined.
    Reject,
    /// It ends: taken back by whoever asked or whoever granted, or expired.
    Withdraw,
}

labels! {
    /// What a decision makes of a grant, withdrawn ones included.
    DecidedStatus {
        /// Granted.
        Active = "active",
        /// Asked for, not yet decided.
        Pending = "pending",
        /// Declined.
        Rejected = "rejected",
        /// Neither decided nor in flight any more.
        Withdrawn = "withdrawn",
    }
}

/// A field that does not go with the rest of its verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum VerdictViolation {
    /// The field goes with [`DecidedStatus::Active`] only.
    ActiveOnly(&'static str),
    /// The field has parts that the grant does not have.
    WrongParts(&'static str, ValidationError),
}

impl VerdictViolation {
    /// The field, and why it is refused.
    #[must_use]
    pub fn into_reason(self) -> (&'static str, ValidationError) {
        match self {
            Self::ActiveOnly(field) => (field, reason("status", "Only with the status `active`")),
            Self::WrongParts(field, reason) => (field, reason),
        }
    }
}

impl Verdict {
    /// The verdict that makes the grant `name` what `status` says; `None` is a field that was not given.
    ///
    /// # Errors
    /// Every violation: an expiry or parts without [`DecidedStatus::Active`], and parts that the grant does not have ([`parts_of`]).
    pub fn from_parts(
        status: DecidedStatus,
        expires_at: Option<Timestamp>,
        name: &GrantName,
        tiers: Option<GrantParts>,
        features: Option<GrantParts>,
    ) -> std::result::Result<Self, Vec<VerdictViolation>> {
        let given =
            [("expires_at", expires_at.is_some()), ("tiers", tiers.is_some()), ("features", features.is_some())];
        let forbidden = given.into_iter().filter(|(_, given)| *given && status != DecidedStatus::Active);
        let mut violations: Vec<_> = forbidden.map(|(field, _)| VerdictViolation::ActiveOnly(field)).collect();
        match parts_of(name, tiers.unwrap_or_default(), features.unwrap_or_default()) {
            Err((field, reason)) => violations.push(VerdictViolation::WrongParts(field, reason)),
            Ok(parts) if violations.is_empty() => {
                return Ok(match status {
                    DecidedStatus::Active => Self::Grant { expires_at, parts },
                    DecidedStatus::Pending => Self::Request,
                    DecidedStatus::Rejected => Self::Reject,
                    DecidedStatus::Withdrawn => Self::Withdraw,
                });
            }
            Ok(_) => {}
        }
        Err(violations)
    }

    /// The one word for it.
    #[must_use]
    pub const fn status(&self) -> DecidedStatus {
        match self {
            Self::Request => DecidedStatus::Pending,
            Self::Grant { .. } => DecidedStatus::Active,
            Self::Reject => DecidedStatus::Rejected,
            Self::Withdraw => DecidedStatus::Withdrawn,
        }
    }
}
