//! Trust grants: what an entity has been approved for.

use std::collections::BTreeMap;

/// The state of a grant that is decided or in flight; one that is neither has no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustGrantStatus {
    /// Granted.
    Active,
    /// Asked for, not yet decided.
    Pending,
    /// Declined.
    Rejected,
}

impl TrustGrantStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Pending, Self::Rejected];

    /// The word for it, on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        }
    }
}

/// The grants of a profile, by name.
pub type TrustGrants = BTreeMap<String, TrustGrantStatus>;
