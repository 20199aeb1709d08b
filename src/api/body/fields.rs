//! Reads an object field by field and gathers everything that is wrong with it, so that a caller sees it all at once.

use std::collections::BTreeMap;

use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::json::Json;
use super::request_schema::{ObjectShape, Presence};
use super::values::{FieldParser, Parsed, one};
use crate::api::ApiVersion;
use crate::domain::change::Change;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::{Error, Result};

/// The fields of a profile that some shape takes in a create or an update.
pub(in crate::api) const FIELDS_OF_PROFILES: &[&str] = &[
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
    /// Where the reading is watched for the documents: what it asked for.
    asked: Option<ObjectShape>,
}

impl Fields {
    /// The fields of a body of `version` that arrived `now`.
    pub(in crate::api) fn new(object: BTreeMap<String, Json>, version: ApiVersion, now: Timestamp) -> Self {
        Self { unread: object, violations: ValidationErrors::new(), version, now, asked: None }
    }

    /// The schema of the objects that `read` takes: it is watched while it reads.
    pub(in crate::api) fn schema_of<T>(version: ApiVersion, read: impl FnOnce(&mut Self) -> T) -> Value {
        let asked = Some(ObjectShape::default());
        let mut watched = Self { asked, ..Self::new(BTreeMap::new(), version, Timestamp::UNIX_EPOCH) };
        read(&mut watched);
        watched.asked.map(ObjectShape::into_schema).unwrap_or_default()
    }

    /// A field for which `null` means the same as absence.
    pub(in crate::api) fn optional<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.asks(name, Presence::Optional, schema);
        self.present(name).and_then(|value| self.parse(name, parse, value))
    }

    /// A field that `null` empties.
    pub(in crate::api) fn change<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Change<T> {
        self.asks(name, Presence::Clearable, schema);
        match self.unread.remove(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(value) => self.parse(name, parse, value).map_or(Change::Keep, Change::Set),
        }
    }

    /// A field that may be absent and cannot be emptied.
    pub(in crate::api) fn replacement<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.asks(name, Presence::NeverNull, schema);
        match self.unread.remove(name)? {
            Json::Null => self.keep(name, Err(one(reason("null", "Value cannot be cleared, null is not permitted")))),
            value => self.parse(name, parse, value),
        }
    }

    /// A field that must be there.
    pub(in crate::api) fn required<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.asks(name, Presence::Required, schema);
        match self.present(name) {
            Some(value) => self.parse(name, parse, value),
            None => self.keep(name, Err(one(reason("required", "Field required")))),
        }
    }

    /// A field that holds an object, read in its turn; `null` means the same as absence.
    pub(in crate::api) fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.read_object(name, Presence::Optional, read)
    }

    /// A field that must be there and holds an object, read in its turn.
    pub(in crate::api) fn required_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.read_object(name, Presence::Required, read)
    }

    /// Says in the documents what holds between the fields that were asked for; the reading itself checks it.
    pub(in crate::api) fn documented_rule(&mut self, rule: impl FnOnce() -> Value) {
        if let Some(asked) = &mut self.asked {
            asked.rule(rule());
        }
    }

    /// Says in the documents that the field `name` is only there for older clients.
    pub(in crate::api) fn documented_as_deprecated(&mut self, name: &'static str) {
        if let Some(asked) = &mut self.asked {
            asked.deprecate(name);
        }
    }

    /// Says in the documents what the field `name` is for, where it is not for what others of that name are.
    pub(in crate::api) fn documented_as(&mut self, name: &'static str, about: &str) {
        if let Some(asked) = &mut self.asked {
            asked.describe(name, about);
        }
    }

    /// Refuses `name` for `violation`, unless it already is for something else.
    pub(in crate::api) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        let refused = self.violations.errors_mut();
        refused.entry(name.into()).or_insert_with(|| ValidationErrorsKind::Field(vec![violation]));
    }

    /// Ends the reading: what is left is no field of this body, though perhaps one of `of_some_shape`.
    pub(in crate::api) fn finish(mut self, of_some_shape: &[&str]) -> Result<()> {
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

    fn read_object<T>(
        &mut self,
        name: &'static str,
        presence: Presence,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if let Some(asked) = &mut self.asked {
            asked.field(name, presence, Self::schema_of(self.version, read));
            return None;
        }
        let parsed = match self.present(name) {
            Some(Json::Object(object)) => {
                let mut inner = Self::new(object, self.version, self.now);
                let outcome = read(&mut inner);
                inner.refuse_unread(&[]);
                let violations = inner.violations;
                if violations.is_empty() {
                    Ok(outcome)
                } else {
                    Err(ValidationErrorsKind::Struct(Box::new(violations)))
                }
            }
            Some(_) => Err(one(reason("type", "Input should be a valid object"))),
            None if presence == Presence::Required => Err(one(reason("required", "Field required"))),
            None => return None,
        };
        self.keep(name, parsed)
    }

    fn asks(&mut self, name: &'static str, presence: Presence, schema: fn() -> Value) {
        if let Some(asked) = &mut self.asked {
            asked.field(name, presence, schema());
        }
    }

    /// The value of a field, if it has one that is not `null`.
    fn present(&mut self, name: &'static str) -> Option<Json> {
        self.unread.remove(name).filter(|value| *value != Json::Null)
    }

    fn parse<T>(&mut self, name: &'static str, parse: fn(Json, Timestamp) -> Parsed<T>, value: Json) -> Option<T> {
        self.keep(name, parse(value, self.now))
    }

    fn keep<T>(&mut self, name: &'static str, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|violations| self.violations.errors_mut().insert(name.into(), violations)).ok()
    }
}

/// Why something is refused that another shape takes.
pub(in crate::api) fn not_in_shape(version: ApiVersion) -> ValidationError {
    reason("other_shape", format!("not accepted under {}", version.name()))
}
