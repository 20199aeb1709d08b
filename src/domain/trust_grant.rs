//! Trust grants: what an entity has been approved for.

use std::collections::BTreeMap;

use super::word::words;

words! {
    /// The state of a grant that is decided or in flight; one that is neither has no entry.
    TrustGrantStatus {
        /// Granted.
        Active = "active",
        /// Asked for, not yet decided.
        Pending = "pending",
        /// Declined.
        Rejected = "rejected",
    }
}

/// The grants of a profile, by name.
pub type TrustGrants = BTreeMap<String, TrustGrantStatus>;
