//! Reads an object field by field and gathers every violation, so that a caller sees all of them at once.

use std::collections::BTreeMap;

use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::json::Json;
use super::request_schema::{ObjectSchema, Presence};
use super::values::{FieldParser, Parsed, one};
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::profile::change::Change;
use crate::domain::{Error, Result};

/// The unread fields of an object, and the violations of those that were read.
#[derive(Debug)]
pub struct Fields {
    unread: BTreeMap<String, Json>,
    violations: ValidationErrors,
    now: Timestamp,
    /// The schema of what has been read so far, where the reader runs for the documents.
    schema: Option<ObjectSchema>,
}

impl Fields {
    /// The fields of an object that arrived `now`.
    pub(in crate::api) fn new(object: BTreeMap<String, Json>, now: Timestamp) -> Self {
        Self { unread: object, violations: ValidationErrors::new(), now, schema: None }
    }

    /// The schema of the objects that `read` accepts: `read` runs on an empty object, and each field it reads is recorded.
    pub(in crate::api) fn schema_of<T>(read: impl FnOnce(&mut Self) -> T) -> Value {
        let schema = Some(ObjectSchema::default());
        let mut recording = Self { schema, ..Self::new(BTreeMap::new(), Timestamp::UNIX_EPOCH) };
        read(&mut recording);
        recording.schema.map(ObjectSchema::into_schema).unwrap_or_default()
    }

    /// A field for which `null` means the same as absence.
    pub(in crate::api) fn optional<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.record(name, Presence::Optional, schema);
        self.present(name).and_then(|value| self.parse(name, parse, value))
    }

    /// A field that `null` clears.
    pub(in crate::api) fn change<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Change<T> {
        self.record(name, Presence::Clearable, schema);
        match self.unread.remove(name) {
            None => Change::Keep,
            Some(Json::Null) => Change::Clear,
            Some(value) => self.parse(name, parse, value).map_or(Change::Keep, Change::Set),
        }
    }

    /// A field that may be absent and cannot be cleared.
    pub(in crate::api) fn replacement<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.record(name, Presence::NeverNull, schema);
        match self.unread.remove(name)? {
            Json::Null => {
                self.checked(name, Err(one(reason("null", "Value cannot be cleared, null is not permitted"))))
            }
            value => self.parse(name, parse, value),
        }
    }

    /// A required field.
    pub(in crate::api) fn required<T>(
        &mut self,
        name: &'static str,
        FieldParser { parse, schema }: FieldParser<T>,
    ) -> Option<T> {
        self.record(name, Presence::Required, schema);
        match self.present(name) {
            Some(value) => self.parse(name, parse, value),
            None => self.checked(name, Err(one(reason("required", "Field required")))),
        }
    }

    /// A field that holds an object, read by `read`; `null` means the same as absence.
    pub(in crate::api) fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.read_object(name, Presence::Optional, read)
    }

    /// A required field that holds an object, read by `read`.
    pub(in crate::api) fn required_object<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.read_object(name, Presence::Required, read)
    }

    /// Documents a rule between the fields that were read; `read` itself checks it.
    pub(in crate::api) fn documented_rule(&mut self, rule: impl FnOnce() -> Value) {
        if let Some(schema) = &mut self.schema {
            schema.rule(rule());
        }
    }

    /// Documents that the field `name` is for older clients only.
    pub(in crate::api) fn documented_as_deprecated(&mut self, name: &'static str) {
        if let Some(schema) = &mut self.schema {
            schema.deprecate(name);
        }
    }

    /// Documents the field `name` as `about`, in place of the description that fields of this name share.
    pub(in crate::api) fn documented_as(&mut self, name: &'static str, about: &str) {
        if let Some(schema) = &mut self.schema {
            schema.describe(name, about);
        }
    }

    /// Refuses `name` for `violation`, unless it is refused already.
    pub(in crate::api) fn refuse(&mut self, name: &'static str, violation: ValidationError) {
        let refused = self.violations.errors_mut();
        refused.entry(name.into()).or_insert_with(|| ValidationErrorsKind::Field(vec![violation]));
    }

    /// Refuses each field that was not read, for the violation that `unread` gives for its name.
    ///
    /// # Errors
    /// `Invalid` with every violation of the object.
    pub(in crate::api) fn finish(mut self, unread: impl Fn(&str) -> ValidationError) -> Result<()> {
        self.refuse_unread(unread);
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(&self.violations)) }
    }

    /// What `read` makes of an `object` inside of another, or every violation of it.
    pub(in crate::api) fn nested<T>(
        object: BTreeMap<String, Json>,
        now: Timestamp,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Parsed<T> {
        let mut inner = Self::new(object, now);
        let outcome = read(&mut inner);
        inner.refuse_unread(|_| extra());
        if inner.violations.is_empty() {
            Ok(outcome)
        } else {
            Err(ValidationErrorsKind::Struct(Box::new(inner.violations)))
        }
    }

    fn refuse_unread(&mut self, unread: impl Fn(&str) -> ValidationError) {
        for (name, _) in std::mem::take(&mut self.unread) {
            let violation = unread(&name);
            self.violations.errors_mut().insert(name.into(), one(violation));
        }
    }

    fn read_object<T>(
        &mut self,
        name: &'static str,
        presence: Presence,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        if let Some(schema) = &mut self.schema {
            schema.field(name, presence, Self::schema_of(read));
            return None;
        }
        let parsed = match self.present(name) {
            Some(Json::Object(object)) => Self::nested(object, self.now, read),
            Some(_) => Err(one(reason("type", "Input should be a valid object"))),
            None if presence == Presence::Required => Err(one(reason("required", "Field required"))),
            None => return None,
        };
        self.checked(name, parsed)
    }

    fn record(&mut self, name: &'static str, presence: Presence, schema: fn() -> Value) {
        if let Some(recorded) = &mut self.schema {
            recorded.field(name, presence, schema());
        }
    }

    /// The value of a field, if it has one that is not `null`.
    fn present(&mut self, name: &'static str) -> Option<Json> {
        self.unread.remove(name).filter(|value| *value != Json::Null)
    }

    fn parse<T>(&mut self, name: &'static str, parse: fn(Json, Timestamp) -> Parsed<T>, value: Json) -> Option<T> {
        self.checked(name, parse(value, self.now))
    }

    fn checked<T>(&mut self, name: &'static str, parsed: Parsed<T>) -> Option<T> {
        parsed.map_err(|violations| self.violations.errors_mut().insert(name.into(), violations)).ok()
    }
}

/// The violation of a field that the object does not have.
pub(in crate::api) fn extra() -> ValidationError {
    reason("extra", "Extra inputs are not permitted")
}
