//! Trust grants: approvals of an entity for a program.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use validator::ValidationError;

use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{DecisionId, ProfileId};
use crate::domain::label::labels;
use crate::domain::page::{Order, PageLimit};
use crate::domain::text::Text;

labels! {
    /// The status of a grant that is requested or decided.
    #[derive(PartialOrd, Ord)]
    TrustGrantStatus {
        /// Granted.
        Active = "active",
        /// Requested, not yet decided.
        Pending = "pending",
        /// Rejected.
        Rejected = "rejected",
    }
}

labels! {
    /// The status of a part of a grant.
    PartStatus {
        /// It applies.
        Active = "active",
        /// It does not.
        Inactive = "inactive",
    }
}

/// The most grants of one profile: each read of the profile reads them all.
pub const MAX_GRANTS: i64 = 100;

/// The grant that has tiers, and their names.
pub const CYBER: &str = "cyber";
/// See [`CYBER`].
pub const CYBER_TIERS: [&str; 3] = ["a", "b", "c"];
/// The grant that has features, and their names.
pub const EFS: &str = "efs";
/// See [`EFS`].
pub const EFS_FEATURES: [&str; 3] = ["data_retention_exemption", "cmek", "storage"];

/// The name of a grant: a lower-case ASCII letter, and up to 63 more, digits or underscores.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantName(String);

impl GrantName {
    /// A regular expression that exactly the valid names match.
    pub const PATTERN: &str = "^[a-z][a-z0-9_]{0,63}$";

    /// [`CYBER`].
    #[must_use]
    pub fn cyber() -> Self {
        Self(CYBER.to_owned())
    }
}

impl Text for GrantName {
    const MAX_CHARACTERS: u64 = 64;

    fn parse(text: String) -> Result<Self, ValidationError> {
        let letters = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if letters && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.len() <= 64 {
            Ok(Self(text))
        } else {
            Err(reason("grant_name", format!("String should match {}", Self::PATTERN)))
        }
    }
    fn as_str(&self) -> &str {
        &self.0
    }
    fn into_string(self) -> String {
        self.0
    }
}

/// For lookups of the grants of a profile by `&str`.
impl Borrow<str> for GrantName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A tier of [`CYBER`] or a feature of [`EFS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantPart {
    /// Whether it applies.
    pub status: PartStatus,
    /// What a request must allow to use it.
    pub requirements: Requirements,
}

/// Tiers or features, by name; one without an entry is inactive.
pub type GrantParts = BTreeMap<String, GrantPart>;

/// What a request must allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Retention of its data.
    pub data_retention: bool,
    /// Review of retained data by people.
    pub human_review: bool,
}

/// A field with parts that its grant does not have, and the violation.
pub type WrongParts = (&'static str, ValidationError);

/// The parts of the grant `name`: `tiers`, if it is [`CYBER`], `features`, if it is [`EFS`].
///
/// # Errors
/// The field with parts that the grant does not have.
pub fn parts_of(name: &GrantName, tiers: GrantParts, features: GrantParts) -> Result<GrantParts, WrongParts> {
    let none = |field: &'static str, grant: &str| {
        Err((field, reason("grant", format!("Only the grant `{grant}` has {field}"))))
    };
    match name.as_str() {
        CYBER if features.is_empty() => Ok(tiers),
        EFS if tiers.is_empty() => Ok(features),
        EFS => none("tiers", CYBER),
        _ if !features.is_empty() => none("features", EFS),
        _ if !tiers.is_empty() => none("tiers", CYBER),
        _ => Ok(GrantParts::new()),
    }
}

/// A grant that is requested or decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustGrant {
    /// Its status.
    pub status: TrustGrantStatus,
    /// Its tiers or features.
    pub parts: GrantParts,
    /// When it expires. Only an active grant has an expiry.
    pub expires_at: Option<Timestamp>,
}

impl TrustGrant {
    /// The status of the part `name`; inactive if there is no such part.
    #[must_use]
    pub fn part_status(&self, name: &str) -> PartStatus {
        self.parts.get(name).map_or(PartStatus::Inactive, |part| part.status)
    }

    /// The requirements of all active parts; `None` if none is active.
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
pub type TrustGrants = BTreeMap<GrantName, TrustGrant>;

/// A grant of a profile, in a list over all profiles of an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileGrant {
    /// The profile.
    pub profile_id: ProfileId,
    /// The name of the grant.
    pub name: GrantName,
    /// The last decision on it.
    pub decision_id: DecisionId,
    /// When it was made.
    pub decided_at: Timestamp,
    /// The grant.
    pub grant: TrustGrant,
}

/// A page of the grants with one status, by their last decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantQuery {
    /// The status.
    pub status: TrustGrantStatus,
    /// The order of the list.
    pub order: Order,
    /// The most grants.
    pub limit: PageLimit,
    /// Start after the grant with this decision; `None`: the first page.
    pub after: Option<DecisionId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Error;

    fn part(status: PartStatus, data_retention: bool, human_review: bool) -> GrantPart {
        GrantPart { status, requirements: Requirements { data_retention, human_review } }
    }

    #[test]
    fn a_grant_requires_what_any_of_its_active_parts_requires() {
        let mut grant = TrustGrant { status: TrustGrantStatus::Active, parts: GrantParts::new(), expires_at: None };
        assert_eq!(grant.requirements(), None);
        grant.parts.insert("a".to_owned(), part(PartStatus::Inactive, true, true));
        assert_eq!(grant.requirements(), None);
        grant.parts.insert("b".to_owned(), part(PartStatus::Active, true, false));
        grant.parts.insert("c".to_owned(), part(PartStatus::Active, false, false));
        assert_eq!(grant.requirements(), Some(Requirements { data_retention: true, human_review: false }));
        assert_eq!(grant.part_status("a"), PartStatus::Inactive);
        assert_eq!(grant.part_status("b"), PartStatus::Active);
    }

    #[test]
    fn a_name_is_a_short_word_in_lower_case() {
        for name in ["a", "cyber", "bio_2", &format!("a{}", "_".repeat(63))] {
            assert_eq!(GrantName::parse(name.to_owned()).unwrap().as_str(), name);
        }
        for name in ["", "A", "2", "_a", "a-b", "a b", "é", "aé", "a\n", "a\0", &"a".repeat(65)] {
            assert!(GrantName::parse(name.to_owned()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn only_cyber_has_tiers_and_only_efs_has_features() {
        let some = || GrantParts::from([("a".to_owned(), part(PartStatus::Active, false, false))]);
        let taken = |name: &str, tiers, features| {
            let name = GrantName::parse(name.to_owned()).unwrap();
            parts_of(&name, tiers, features)
                .map_err(|(field, why)| Error::invalid_field(field, why).message.into_owned())
        };
        assert_eq!(taken("cyber", some(), GrantParts::new()), Ok(some()));
        assert_eq!(taken("efs", GrantParts::new(), some()), Ok(some()));
        assert_eq!(taken("bio", GrantParts::new(), GrantParts::new()), Ok(GrantParts::new()));
        let (tiers, features) =
            ("tiers: Only the grant `cyber` has tiers", "features: Only the grant `efs` has features");
        assert_eq!(taken("efs", some(), GrantParts::new()), Err(tiers.to_owned()));
        assert_eq!(taken("bio", some(), GrantParts::new()), Err(tiers.to_owned()));
        assert_eq!(taken("cyber", some(), some()), Err(features.to_owned()));
        assert_eq!(taken("bio", GrantParts::new(), some()), Err(features.to_owned()));
    }
}
