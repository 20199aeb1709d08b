//! The relationship of an entity to the platform, and its access type, which is coarser.

use crate::domain::label::labels;

labels! {
    /// The relationship of the entity to the platform.
    #[derive(Default)]
    Relationship {
        /// An end user of the platform.
        #[default]
        External = "external",
        /// A company that the platform resells to.
        Resold = "resold",
        /// The platform itself.
        Internal = "internal",
    }
}

labels! {
    /// How the platform uses the API for an entity: a coarser form of its relationship.
    AccessType {
        /// For its own product.
        Application = "application",
        /// Resold.
        Passthrough = "passthrough",
    }
}

impl Relationship {
    /// The access type of the relationship.
    #[must_use]
    pub const fn access_type(self) -> AccessType {
        match self {
            Self::External | Self::Internal => AccessType::Application,
            Self::Resold => AccessType::Passthrough,
        }
    }
}

impl AccessType {
    /// The relationship after this access type is written over `before`, which stays if it already has this access type.
    #[must_use]
    pub fn applied_to(self, before: Relationship) -> Relationship {
        match self {
            _ if before.access_type() == self => before,
            Self::Application => Relationship::External,
            Self::Passthrough => Relationship::Resold,
        }
    }
}

/// The change of a relationship in an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationshipChange {
    /// Replaces it.
    To(Relationship),
    /// Replaces it unless it has this access type ([`AccessType::applied_to`]).
    ToFit(AccessType),
}

impl RelationshipChange {
    /// The relationship after the change.
    #[must_use]
    pub fn applied_to(self, before: Relationship) -> Relationship {
        match self {
            Self::To(relationship) => relationship,
            Self::ToFit(access_type) => access_type.applied_to(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_type_leaves_a_relationship_that_has_it() {
        for (before, written, after) in [
            (Relationship::Internal, AccessType::Application, Relationship::Internal),
            (Relationship::External, AccessType::Application, Relationship::External),
            (Relationship::Resold, AccessType::Application, Relationship::External),
            (Relationship::Internal, AccessType::Passthrough, Relationship::Resold),
            (Relationship::Resold, AccessType::Passthrough, Relationship::Resold),
        ] {
            assert_eq!(written.applied_to(before), after, "{before:?} {written:?}");
        }
    }
}
