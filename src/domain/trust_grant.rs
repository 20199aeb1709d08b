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

words! {
    /// The state of a part of a grant.
    PartStatus {
        /// It applies.
        Active = "active",
        /// It does not.
        Inactive = "inactive",
    }
}

/// The grant that has tiers, and their names.
pub const CYBER: &str = "cyber";
/// See [`CYBER`].
pub const CYBER_TIERS: [&str; 3] = ["a", "b", "c"];
/// The grant that has features, and their names.
pub const EFS: &str = "efs";
/// See [`EFS`].
pub const EFS_FEATURES: [&str; 3] = ["data_retention_exemption", "cmek", "storage"];

/// A tier of [`CYBER`] or a feature of [`EFS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantPart {
    /// Whether it applies.
    pub status: PartStatus,
    /// What a request must allow to profit from it.
    pub requirements: Requirements,
}

/// What a request must allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// That its data are kept.
    pub data_retention: bool,
    /// That people review what is kept.
    pub human_review: bool,
}

/// A grant that is decided or in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustGrant {
    /// The decision.
    pub status: TrustGrantStatus,
    /// Its tiers or features, by name; one without an entry is inactive.
    pub parts: BTreeMap<String, GrantPart>,
}

impl TrustGrant {
    /// Whether the part `name` applies.
    #[must_use]
    pub fn part_status(&self, name: &str) -> PartStatus {
        self.parts.get(name).map_or(PartStatus::Inactive, |part| part.status)
    }

    /// What any active part requires; `None` while none is active.
    #[must_use]
    pub fn requirements(&self) -> Option<Requirements> {
        let active = self.parts.values().filter(|part| part.status == PartStatus::Active);
        active.map(|part| part.requirements).reduce(|all, one| Requirements {
            data_retention: all.data_retention || one.data_retention,
            human_review: all.human_review || one.human_review,
        })
    }
}

/// The grants of a profile, by name.
pub type TrustGrants = BTreeMap<String, TrustGrant>;

#[cfg(test)]
mod tests {
    use super::*;

    fn part(status: PartStatus, data_retention: bool, human_review: bool) -> GrantPart {
        GrantPart { status, requirements: Requirements { data_retention, human_review } }
    }

    #[test]
    fn a_grant_requires_what_any_of_its_active_parts_requires() {
        let mut grant = TrustGrant { status: TrustGrantStatus::Active, parts: BTreeMap::new() };
        assert_eq!(grant.requirements(), None);
        grant.parts.insert("a".to_owned(), part(PartStatus::Inactive, true, true));
        assert_eq!(grant.requirements(), None);
        grant.parts.insert("b".to_owned(), part(PartStatus::Active, true, false));
        grant.parts.insert("c".to_owned(), part(PartStatus::Active, false, false));
        assert_eq!(grant.requirements(), Some(Requirements { data_retention: true, human_review: false }));
        assert_eq!(grant.part_status("a"), PartStatus::Inactive);
        assert_eq!(grant.part_status("b"), PartStatus::Active);
    }
}
