//! Reads an object field by field and gathers everything that is wrong with it, so that a caller sees it all at once.

use std::collections::BTreeMap;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::ApiVersion;
use super::json::Json;
use super::values::{Parsed, one};
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::profile::Change;
use crate::domain::{Error, Result};

/// The fields of a profile that some shape takes in a create or an update.
pub(super) const FIELDS_OF_PROFILES: &[&str] = &[
    "access_type",
    "external_id",
    "external_user_details",
    "external_user_onboarded_at",
    "metadata",
    "name",
    "relationship",
];

/// The fields of an object that are yet to be read, and what was wrong with those that were.
#[derive(Debug)]
pub struct Fields {
    unread: BTreeMap<String, Json>,
    violations: ValidationErrors,
    version: ApiVersion,
    now: Timestamp,
}

impl Fields {
    /// The fields of a body of `version` that arrived `now`.
    pub(super) fn new(object: BTreeMap<String, Json>, version: ApiVersion, now: Timestamp) -> Self {
        Self { unread: object, violations: ValidationErrors::new(), version, now }
    }

    /// When the body arrived.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
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

    /// A field that may be absent and cannot be emptied.
    pub(super) fn replacement<T>(&mut self, name: &'static str, parse: impl FnOnce(Json) -> Parsed<T>) -> Option<T> {
        match self.unread.remove(name)? {
            Json::Null => self.keep(name, Err(one(reason("null", "Value cannot be cleared, null is not permitted")))),
            value => self.keep(name, parse(value)),
        }
    }

    /// A field that holds an object, read in its turn; `null` means the same as absence.
    pub(super) fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let (version, now) = (self.version, self.now);
        self.optional(name, |value| {
            let Json::Object(object) = value else { return Err(one(reason("type", "Input should be a valid object"))) };
            let mut inner = Self::new(object, version, now);
            let outcome = read(&mut inner);
            inner.refuse_unread(&[]);
            if inner.violations.is_empty() {
                Ok(outcome)
            } else {
                Err(ValidationErrorsKind::Struct(Box::new(inner.violations)))
            }
        })
    }

    /// Refuses `name` for `violation`, unless it already is for something else.
    pub(super) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        let refused = self.violations.errors_mut();
        refused.entry(name.into()).or_insert_with(|| ValidationErrorsKind::Field(vec![violation]));
    }

    /// Ends the reading: what is left is no field of this body, though perhaps one of `of_some_shape`.
    pub(super) fn finish(mut self, of_some_shape: &[&str]) -> Result<()> {
        self.refuse_unread(of_some_shape);
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(&self.violations)) }
    }

    fn refuse_unread(&mut self, of_other_shapes: &[&str]) {
        for (name, _) in std::mem::take(&mut self.unread) {
            let violation = if of_other_shapes.contains(&name.as_str()) {
                not_in_shape(self.version)
            } else {
                reason("extra", "Extra inputs are not permitted")
            };
            self.violations.errors_mut().insert(name.into(), one(violation));
        }
    }

    fn keep<T>(&mut self, name: &'static str, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|violations| self.violations.errors_mut().insert(name.into(), violations)).ok()
    }
}

/// Why something is refused that another shape takes.
pub(super) fn not_in_shape(version: ApiVersion) -> ValidationError {
    reason("other_shape", format!("not accepted under {}", version.shape()))
}
