//! The verdict of a decision on a trust grant.

use validator::ValidationError;

use super::grant::{GrantName, GrantParts, parts_of};
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::label::labels;

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The grant is requested.
    Request,
    /// It is granted, or granted again with other parts or another expiry.
    Grant {
        /// When it expires.
        expires_at: Option<Timestamp>,
        /// Its parts. A part without an entry is inactive.
        parts: GrantParts,
    },
    /// It is rejected.
    Reject,
    /// It is withdrawn, or has expired.
    Withdraw,
}

labels! {
    /// The status of a grant after a decision, including withdrawals.
    DecidedStatus {
        /// Granted.
        Active = "active",
        /// Requested, not yet decided.
        Pending = "pending",
        /// Rejected.
        Rejected = "rejected",
        /// Withdrawn or expired.
        Withdrawn = "withdrawn",
    }
}

/// A field that contradicts the rest of its verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum VerdictViolation {
    /// The field requires [`DecidedStatus::Active`].
    ActiveOnly(&'static str),
    /// The field has parts that the grant does not have.
    WrongParts(&'static str, ValidationError),
}

impl VerdictViolation {
    /// The field and the violation.
    #[must_use]
    pub fn into_reason(self) -> (&'static str, ValidationError) {
        match self {
            Self::ActiveOnly(field) => (field, reason("status", "Only with the status `active`")),
            Self::WrongParts(field, reason) => (field, reason),
        }
    }
}

impl Verdict {
    /// The verdict for `status` on the grant `name`; `None`: the field was not given.
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

    /// The status after the verdict.
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
