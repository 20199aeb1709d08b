//! The number of a profile's version, and the condition that a request makes of it.

use crate::domain::error::{Error, ErrorKind, Result};

/// Counts the changes of a profile: 1 at its creation, one more with each change that it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(i64);

impl Revision {
    /// That of a new profile.
    pub const FIRST: Self = Self(1);

    /// A stored revision.
    #[must_use]
    pub const fn from_stored(number: i64) -> Self {
        Self(number)
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// That after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// What a request requires of the revision of the profile that it changes (`If-Match`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevisionCondition {
    /// None: any profile that exists.
    Any,
    /// One of these. An empty list is never met.
    OneOf(Vec<Revision>),
}

impl RevisionCondition {
    /// Checks the profile's `revision`.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn check(&self, revision: Revision) -> Result<()> {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(wanted) if wanted.contains(&revision) => Ok(()),
            Self::OneOf(_) => {
                let message = "if-match: The user profile has another revision";
                Err(Error::new(ErrorKind::PreconditionFailed, message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_met_by_each_revision_that_it_names_and_by_no_other() {
        let (second, third) = (Revision::FIRST.next(), Revision::FIRST.next().next());
        let condition = RevisionCondition::OneOf(vec![Revision::FIRST, third]);
        assert!(condition.check(Revision::FIRST).is_ok() && condition.check(third).is_ok());
        assert_eq!(condition.check(second).unwrap_err().kind, ErrorKind::PreconditionFailed);
        assert!(RevisionCondition::OneOf(Vec::new()).check(second).is_err());
        assert!(RevisionCondition::Any.check(second).is_ok());
    }
}
