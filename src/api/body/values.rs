//! Parsers of single fields: from JSON to types that cannot hold an invalid value.

use serde_json::{Value, json};
use time::Duration;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::json::Json;
use crate::api::wire::scalars::{label_schema, unknown_label};
use crate::api::wire::timestamp;
use crate::domain::clock::{Timestamp, check_future};
use crate::domain::error::reason;
use crate::domain::label::EnumLabel;
use crate::domain::limit::rate_limit::{MalformedRate, RateLimit};
use crate::domain::profile::metadata::{
    MAX_KEY_CHARACTERS, MAX_PAIRS, MAX_VALUE_CHARACTERS, Metadata, MetadataPatch, MetadataViolations,
};
use crate::domain::text::{Country, Text};
use crate::domain::webhook::url::{MAX_BYTES, Reach, WebhookUrl};

/// How far a caller's clock may be ahead of the service's.
const LATEST: Duration = Duration::minutes(1);

/// The value of a field, or every violation of it.
pub(in crate::api) type Parsed<T> = std::result::Result<T, ValidationErrorsKind>;

/// How a field is parsed, and the schema that documents it.
pub(in crate::api) struct FieldParser<T> {
    /// Reads a value that arrived at a time.
    pub(in crate::api) parse: fn(Json, Timestamp) -> Parsed<T>,
    /// The schema of what `parse` accepts, as exactly as a schema can be.
    pub(in crate::api) schema: fn() -> Value,
}

/// Any string without NUL, which Postgres cannot store.
const NO_NUL: &str = r"^[^\u0000]*$";

/// A text of 1 to `T::MAX_CHARACTERS` characters.
pub(in crate::api) fn text<T: Text>() -> FieldParser<T> {
    FieldParser { parse: |value, _| T::parse(string(value)?).map_err(one), schema: || bounded(1, T::MAX_CHARACTERS) }
}

/// A country: two upper-case ASCII letters.
pub(in crate::api) fn country() -> FieldParser<Country> {
    FieldParser { parse: text().parse, schema: || json!({"type": "string", "pattern": "^[A-Z]{2}$"}) }
}

/// A label of `T`.
pub(in crate::api) fn label<T: EnumLabel>() -> FieldParser<T> {
    FieldParser {
        parse: |value, _| T::from_label(&string(value)?).ok_or_else(|| one(unknown_label::<T>())),
        schema: label_schema::<T>,
    }
}

/// A complete RFC 3339 timestamp, with any offset, at most a minute after it arrived.
pub(in crate::api) fn past_timestamp() -> FieldParser<Timestamp> {
    FieldParser { parse: parse_past_timestamp, schema: || json!({"type": "string", "format": "date-time"}) }
}

fn parse_past_timestamp(value: Json, now: Timestamp) -> Parsed<Timestamp> {
    let moment = moment(value)?;
    if moment > now + LATEST { Err(one(reason("future", "Timestamp lies in the future"))) } else { Ok(moment) }
}

/// A complete RFC 3339 timestamp, with any offset, later than it arrived.
pub(in crate::api) fn future_timestamp() -> FieldParser<Timestamp> {
    FieldParser { parse: parse_future_timestamp, ..past_timestamp() }
}

fn parse_future_timestamp(value: Json, now: Timestamp) -> Parsed<Timestamp> {
    let moment = moment(value)?;
    check_future(moment, now).map_err(one)?;
    Ok(moment)
}

fn moment(value: Json) -> Parsed<Timestamp> {
    timestamp::parse(&string(value)?).ok_or_else(|| one(timestamp::incomplete()))
}

/// A rate limit.
pub(in crate::api) fn rate_limit() -> FieldParser<RateLimit> {
    FieldParser {
        parse: |value, _| string(value)?.parse().map_err(|error: MalformedRate| one(reason("rate", error.to_string()))),
        schema: || {
            json!({
                "type": "string",
                "pattern": "^[1-9][0-9]{0,6}/[smh]( burst [1-9][0-9]{0,6})?$",
                "description": "Requests per second, minute or hour, and how many may come at once: by default those of a whole period. At most 1,000,000 each.",
                "examples": ["500/s", "500/s burst 1000"],
            })
        },
    }
}

/// True or false.
pub(in crate::api) fn flag() -> FieldParser<bool> {
    FieldParser {
        parse: |value, _| match value {
            Json::Bool(value) => Ok(value),
            _ => Err(one(reason("type", "Input should be a valid boolean"))),
        },
        schema: || json!({"type": "boolean"}),
    }
}

/// Labels of `T`; duplicates are dropped.
pub(in crate::api) fn label_list<T: EnumLabel + PartialEq>() -> FieldParser<Vec<T>> {
    FieldParser {
        parse: |value, _| parse_labels(value),
        schema: || json!({"type": "array", "items": label_schema::<T>()}),
    }
}

/// As [`label_list`], at least one.
pub(in crate::api) fn some_labels<T: EnumLabel + PartialEq>() -> FieldParser<Vec<T>> {
    FieldParser {
        parse: |value, _| {
            let labels = parse_labels(value)?;
            if labels.is_empty() { Err(one(reason("length", "Array should have at least 1 item"))) } else { Ok(labels) }
        },
        schema: || json!({"type": "array", "items": label_schema::<T>(), "minItems": 1}),
    }
}

fn parse_labels<T: EnumLabel + PartialEq>(value: Json) -> Parsed<Vec<T>> {
    let Json::Array(items) = value else { return Err(one(reason("type", "Input should be a valid array"))) };
    let mut labels = Vec::new();
    for item in items {
        let label = T::from_label(&string(item)?).ok_or_else(|| one(unknown_label::<T>()))?;
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(labels)
}

/// A URL that deliveries within `reach` can be sent to.
pub(in crate::api) fn webhook_url(reach: Reach) -> FieldParser<WebhookUrl> {
    FieldParser {
        parse: match reach {
            Reach::Internet => |value, _| WebhookUrl::parse(string(value)?, Reach::Internet).map_err(one),
            Reach::Anywhere => |value, _| WebhookUrl::parse(string(value)?, Reach::Anywhere).map_err(one),
        },
        schema: || {
            json!({
                "type": "string",
                "format": "uri",
                "maxLength": MAX_BYTES,
                "description": "`https://`, a host on the internet, at most a port, a path and a query.",
            })
        },
    }
}

/// A text that may be empty.
pub(in crate::api) fn possibly_empty<T: Text>() -> FieldParser<T> {
    FieldParser { parse: text().parse, schema: || bounded(0, T::MAX_CHARACTERS) }
}

/// The metadata of a create.
pub(in crate::api) fn metadata() -> FieldParser<Metadata> {
    FieldParser {
        parse: |value, _| pairs(value, Metadata::parse),
        schema: || {
            let mut schema = pairs_schema(1);
            schema["maxProperties"] = MAX_PAIRS.into();
            schema["description"] = "No value is empty.".into();
            schema
        },
    }
}

/// The metadata of an update.
pub(in crate::api) fn metadata_patch() -> FieldParser<MetadataPatch> {
    FieldParser {
        parse: |value, _| pairs(value, MetadataPatch::parse),
        schema: || {
            let mut schema = pairs_schema(0);
            schema["description"] = format!(
                "A pair that is sent replaces, an empty value removes its key, and the others stay; after that there may be {MAX_PAIRS}."
            )
            .into();
            schema
        },
    }
}

/// The schema of a text of `min` to `max` characters.
pub(in crate::api) fn bounded(min: u64, max: u64) -> Value {
    json!({"type": "string", "minLength": min, "maxLength": max, "pattern": NO_NUL})
}

fn pairs_schema(min_value_characters: u64) -> Value {
    json!({
        "type": "object",
        "propertyNames": bounded(1, MAX_KEY_CHARACTERS),
        "additionalProperties": bounded(min_value_characters, MAX_VALUE_CHARACTERS),
    })
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

pub(in crate::api) fn one(violation: ValidationError) -> ValidationErrorsKind {
    ValidationErrorsKind::Field(vec![violation])
}
