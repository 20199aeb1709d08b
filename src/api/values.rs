//! What the values of fields may be: from JSON to types that cannot hold a bad one.

use time::Duration;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::json::Json;
use super::timestamp;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::metadata::{Metadata, MetadataPatch, MetadataViolations};
use crate::domain::text::Text;
use crate::domain::word::Word;

/// How far a caller's clock may be ahead of ours.
const LATEST: Duration = Duration::minutes(1);

/// A value of a field, or everything that is wrong with it.
pub(super) type Parsed<T> = std::result::Result<T, ValidationErrorsKind>;

/// A text of 1–255 characters.
pub(super) fn text<T: Text>(value: Json) -> Parsed<T> {
    T::parse(string(value)?).map_err(one)
}

/// One word of a closed set.
pub(super) fn word<T: Word>(value: Json) -> Parsed<T> {
    T::from_word(&string(value)?).ok_or_else(|| one(not_a_word::<T>()))
}

/// A complete RFC 3339 timestamp, with any offset, at most a minute after `now`.
pub(super) fn past_timestamp(value: Json, now: Timestamp) -> Parsed<Timestamp> {
    let moment = timestamp::parse(&string(value)?).ok_or_else(|| {
        one(reason("timestamp", "Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z"))
    })?;
    if moment > now + LATEST { Err(one(reason("future", "Timestamp lies in the future"))) } else { Ok(moment) }
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

pub(super) fn one(violation: ValidationError) -> ValidationErrorsKind {
    ValidationErrorsKind::Field(vec![violation])
}
