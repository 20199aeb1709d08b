//! What an entity is to the platform, in a finer word and a coarser one.

use super::label::labels;

labels! {
    /// What the entity is to the platform.
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
    /// How the platform uses the API for an entity: a coarser word for what it is to the platform.
    AccessType {
        /// For its own product.
        Application = "application",
        /// Resold.
        Passthrough = "passthrough",
    }
}

impl Relationship {
    /// The coarser word for it.
    #[must_use]
    pub const fn access_type(self) -> AccessType {
        match self {
            Self::External | Self::Internal => AccessType::Application,
            Self::Resold => AccessType::Passthrough,
        }
    }
}

impl AccessType {
    /// What a profile becomes that was `before` when its access type is written: the coarser word does not overwrite a finer one that
    /// it stands for.
    #[must_use]
    pub fn applied_to(self, before: Relationship) -> Relationship {
        match self {
            _ if before.access_type() == self => before,
            Self::Application => Relationship::External,
            Self::Passthrough => Relationship::Resold,
        }
    }
}

/// What an update does to a relationship, in either of its two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationshipChange {
    /// Replaces it.
    To(Relationship),
    /// Replaces what does not fit ([`AccessType::applied_to`]).
    ToFit(AccessType),
}

impl RelationshipChange {
    /// What a profile becomes that was `before`.
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
    fn an_access_type_leaves_the_finer_word_that_it_stands_for() {
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
