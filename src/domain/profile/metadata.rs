//! Metadata: at most 16 pairs; keys of 1–64 and values of 1–512 characters.

use std::collections::BTreeMap;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::domain::error::reason;
use crate::domain::text::bounded;

/// The most pairs of a profile, counted after a merge.
pub const MAX_PAIRS: usize = 16;
/// The longest key, in Unicode scalar values.
pub const MAX_KEY_CHARACTERS: u64 = 64;
/// The longest value, in Unicode scalar values.
pub const MAX_VALUE_CHARACTERS: u64 = 512;

/// The pairs of a profile, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(BTreeMap<String, String>);

/// The metadata of an update: a value replaces, `None` removes, other keys stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetadataPatch(BTreeMap<String, Option<String>>);

impl Metadata {
    /// Parses the pairs of a create.
    ///
    /// # Errors
    /// Every invalid pair by its key; if none is invalid, more than [`MAX_PAIRS`] pairs.
    pub fn parse(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, MetadataViolations> {
        let mut metadata = BTreeMap::new();
        let mut violations = ValidationErrors::new();
        for (key, value) in pairs {
            match checked_pair(&key, &value, 1) {
                Ok(()) => _ = metadata.insert(key, value),
                Err(violation) => add(&mut violations, key, violation),
            }
        }
        if !violations.is_empty() {
            return Err(MetadataViolations::Pairs(violations));
        }
        if metadata.len() > MAX_PAIRS {
            return Err(MetadataViolations::Count(too_many()));
        }
        Ok(Self(metadata))
    }

    /// Applies `patch`.
    ///
    /// # Errors
    /// The result has more than [`MAX_PAIRS`] pairs.
    pub fn merged(&self, patch: &MetadataPatch) -> Result<Self, ValidationError> {
        let mut pairs = self.0.clone();
        for (key, change) in &patch.0 {
            match change {
                Some(value) => _ = pairs.insert(key.clone(), value.clone()),
                None => _ = pairs.remove(key),
            }
        }
        if pairs.len() > MAX_PAIRS { Err(too_many()) } else { Ok(Self(pairs)) }
    }

    /// The pairs, sorted by key.
    #[must_use]
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The keys of pairs that are no longer here.
    pub fn removed_since<'m>(&self, before: &'m Self) -> impl Iterator<Item = &'m str> {
        before.0.keys().filter(|key| !self.0.contains_key(*key)).map(String::as_str)
    }

    /// The pairs that are new or have another value.
    pub fn changed_since(&self, before: &Self) -> impl Iterator<Item = (&str, &str)> {
        let changed = self.0.iter().filter(|(key, value)| before.0.get(*key) != Some(value));
        changed.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The bytes of its texts, with those that a map needs for them.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(key, value)| size_of::<[String; 2]>() + key.len() + value.len()).sum()
    }

    /// The pairs, moved out.
    #[must_use]
    pub fn into_pairs(self) -> BTreeMap<String, String> {
        self.0
    }
}

impl MetadataPatch {
    /// Parses the pairs of an update; an empty value removes its key.
    ///
    /// # Errors
    /// Every invalid pair by its key.
    pub fn parse(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, MetadataViolations> {
        let mut patch = BTreeMap::new();
        let mut violations = ValidationErrors::new();
        for (key, value) in pairs {
            match checked_pair(&key, &value, 0) {
                Ok(()) => _ = patch.insert(key, Some(value).filter(|value| !value.is_empty())),
                Err(violation) => add(&mut violations, key, violation),
            }
        }
        if violations.is_empty() { Ok(Self(patch)) } else { Err(MetadataViolations::Pairs(violations)) }
    }

    /// The bytes of its texts, with those that a map needs for them.
    pub(super) fn bytes(&self) -> usize {
        let value_bytes = |value: &Option<String>| value.as_ref().map_or(0, String::len);
        self.0.iter().map(|(key, value)| size_of::<[String; 2]>() + key.len() + value_bytes(value)).sum()
    }
}

/// Violations of the rules of metadata.
#[derive(Debug)]
pub enum MetadataViolations {
    /// Invalid pairs, by key.
    Pairs(ValidationErrors),
    /// Too many pairs.
    Count(ValidationError),
}

impl From<MetadataViolations> for ValidationErrorsKind {
    fn from(violations: MetadataViolations) -> Self {
        match violations {
            MetadataViolations::Pairs(pairs) => Self::Struct(Box::new(pairs)),
            MetadataViolations::Count(reason) => Self::Field(vec![reason]),
        }
    }
}

/// Checks a pair that a profile may have.
///
/// # Errors
/// The violated rule.
pub fn check_pair(key: &str, value: &str) -> Result<(), ValidationError> {
    checked_pair(key, value, 1)
}

fn checked_pair(key: &str, value: &str, min_value_characters: u64) -> Result<(), ValidationError> {
    bounded(key, 1, MAX_KEY_CHARACTERS).map_err(|violation| {
        let text = violation.message.unwrap_or(violation.code);
        reason("key", format!("Key: {text}"))
    })?;
    bounded(value, min_value_characters, MAX_VALUE_CHARACTERS)
}

fn too_many() -> ValidationError {
    reason("count", format!("Object should have at most {MAX_PAIRS} pairs"))
}

fn add(violations: &mut ValidationErrors, key: String, violation: ValidationError) {
    violations.errors_mut().insert(key.into(), ValidationErrorsKind::Field(vec![violation]));
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn pairs(count: usize) -> Vec<(String, String)> {
        (0..count).map(|index| (format!("key{index}"), "value".to_owned())).collect()
    }

    #[test]
    fn sixteen_pairs_are_taken_and_seventeen_are_not() {
        assert!(Metadata::parse(pairs(16)).is_ok());
        assert!(matches!(Metadata::parse(pairs(17)), Err(MetadataViolations::Count(_))));
    }

    #[test]
    fn the_pairs_are_counted_after_the_merge() {
        let full = Metadata::parse(pairs(16)).unwrap();
        let swap = [("key0".to_owned(), String::new()), ("new".to_owned(), "value".to_owned())];
        assert_eq!(full.merged(&MetadataPatch::parse(swap).unwrap()).unwrap().pairs().len(), 16);
        let grow = [("new".to_owned(), "value".to_owned())];
        assert!(full.merged(&MetadataPatch::parse(grow).unwrap()).is_err());
    }

    proptest! {
        #[test]
        fn a_merge_replaces_what_it_names_removes_what_is_empty_and_keeps_the_rest(
            before in btree_map("[a-f]", "[x-z]{1,3}", 0..6),
            patch in btree_map("[a-f]", "[x-z]{0,3}", 0..6),
        ) {
            let merged = Metadata::parse(before.clone()).unwrap().merged(&MetadataPatch::parse(patch.clone()).unwrap()).unwrap();
            let mut expected = before;
            expected.extend(patch);
            expected.retain(|_, value| !value.is_empty());
            prop_assert_eq!(merged.into_pairs(), expected);
        }
    }
}
