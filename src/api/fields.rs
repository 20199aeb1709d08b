//! Reads an object field by field and gathers everything that is wrong with it, so that a caller sees it all at once.

use std::collections::BTreeMap;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::ApiVersion;
use super::json::Json;
use crate::domain::error::reason;
use crate::domain::metadata::{Metadata, MetadataPatch, MetadataViolations};
use crate::domain::profile::Change;
use crate::domain::text::Text;
use crate::domain::word::Word;
use crate::domain::{Error, Result};

/// The fields that some shape takes. Under a shape that does not, they get a more helpful answer than a typing error would.
const FIELDS_OF_SOME_SHAPE: [&str; 7] = [
    "access_type",
    "external_id",
    "external_user_details",
    "external_user_onboarded_at",
    "metadata",
    "name",
    "relationship",
];

/// A value of a field, or everything that is wrong with it.
type Parsed<T> = std::result::Result<T, ValidationErrorsKind>;

/// The fields of an object that are yet to be read, and what was wrong with those that were.
#[derive(Debug)]
pub struct Fields {
    unread: BTreeMap<String, Json>,
    violations: ValidationErrors,
}

impl Fields {
    pub(super) fn new(object: BTreeMap<String, Json>) -> Self {
        Self { unread: object, violations: ValidationErrors::new() }
    }

    /// A field for which `null` means the same as absence.
    pub(super) fn optional<T>(&mut self, name: &'static str, parse: impl FnOnce(Json) -> Parsed<T>) -> Option<T> {
        match self.unread.remove(name) {
            None | Some(Json::Null) => None,
            Some(value) => self.keep(name, parse(value)),
        }
    }

    /// A field that `null` empties.
    pub(super) fn change<T>(&mut self, name: &'static str, parse: impl FnOnce(Json) -> Parsed<T>) -> Change<T> {
        match self.unread.remove(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(value) => self.keep(name, parse(value)).map_or(Change::Keep, Change::Set),
        }
    }

    /// Refuses `name` for `violation`, unless it already is for something else.
    pub(super) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        let refused = self.violations.errors_mut();
        refused.entry(name.into()).or_insert_with(|| ValidationErrorsKind::Field(vec![violation]));
    }

    /// Ends the reading: what is left is in no field of `version`.
    pub(super) fn finish(mut self, version: ApiVersion) -> Result<()> {
        for (name, _) in std::mem::take(&mut self.unread) {
            let violation = if FIELDS_OF_SOME_SHAPE.contains(&name.as_str()) {
                reason("other_shape", format!("not accepted under {}", version.shape()))
            } else {
                reason("extra", "Extra inputs are not permitted")
            };
            self.violations.errors_mut().insert(name.into(), ValidationErrorsKind::Field(vec![violation]));
        }
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(&self.violations)) }
    }

    fn keep<T>(&mut self, name: &'static str, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|violations| self.violations.errors_mut().insert(name.into(), violations)).ok()
    }
}

/// A text of 1–255 characters.
pub(super) fn text<T: Text>(value: Json) -> Parsed<T> {
    T::parse(string(value)?).map_err(one)
}

/// One word of a closed set.
pub(super) fn word<T: Word>(value: Json) -> Parsed<T> {
    T::from_word(&string(value)?).ok_or_else(|| one(not_a_word::<T>()))
}

/// The metadata of a create.
pub(super) fn metadata(value: Json) -> Parsed<Metadata> {
    pairs(value, Metadata::parse)
}

/// The metadata of an update.
pub(super) fn metadata_patch(value: Json) -> Parsed<MetadataPatch> {
    pairs(value, MetadataPatch::parse)
}

/// Why a text is none of a closed set's words.
pub(super) fn not_a_word<T: Word>() -> ValidationError {
    let words: Vec<_> = T::ALL.iter().map(|word| format!("`{}`", word.as_str())).collect();
    reason("word", format!("Input should be one of {}", words.join(", ")))
}

fn string(value: Json) -> Parsed<String> {
    match value {
        Json::String(text) => Ok(text),
        _ => Err(one(reason("type", "Input should be a valid string"))),
    }
}

fn pairs<T>(
    value: Json,
    parse: impl FnOnce(Vec<(String, String)>) -> std::result::Result<T, MetadataViolations>,
) -> Parsed<T> {
    let Json::Object(object) = value else { return Err(one(reason("type", "Input should be a valid object"))) };
    let mut pairs = Vec::with_capacity(object.len());
    let mut violations = ValidationErrors::new();
    for (key, value) in object {
        match string(value) {
            Ok(value) => pairs.push((key, value)),
            Err(violation) => _ = violations.errors_mut().insert(key.into(), violation),
        }
    }
    match (parse(pairs), violations.is_empty()) {
        (Ok(parsed), true) => Ok(parsed),
        (Err(MetadataViolations::Count(count)), true) => Err(one(count)),
        (Err(MetadataViolations::Pairs(more)), _) => {
            violations.errors_mut().extend(more.into_errors());
            Err(ValidationErrorsKind::Struct(Box::new(violations)))
        }
        (_, false) => Err(ValidationErrorsKind::Struct(Box::new(violations))),
    }
}

fn one(violation: ValidationError) -> ValidationErrorsKind {
    ValidationErrorsKind::Field(vec![violation])
}
