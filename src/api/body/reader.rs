//! Request bodies: one JSON object each.

use serde_json::Value;
use validator::ValidationError;

use super::fields::{Fields, extra};
use super::json::Json;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::{Error, Result};

/// A request body, read field by field; `fields` gathers the violations.
pub trait Body: Sized {
    /// Reads the fields of this body. The result is used only if `fields` finishes without a violation.
    fn read(fields: &mut Fields) -> Self;
}

/// Reads `bytes`, which arrived `now`, as a `B`.
///
/// # Errors
/// `Invalid`: not JSON, not an object, or every invalid field.
pub fn parse<B: Body>(bytes: &[u8], now: Timestamp) -> Result<B> {
    parse_with(bytes, now, B::read)
}

/// As [`parse`], with a function that reads the fields.
pub(in crate::api) fn parse_with<T>(bytes: &[u8], now: Timestamp, read: impl FnOnce(&mut Fields) -> T) -> Result<T> {
    parse_object(bytes, now, read, |_| extra())
}

/// As [`parse_with`]; `unread` gives the violation of a field that `read` does not read.
pub(in crate::api) fn parse_object<T>(
    bytes: &[u8],
    now: Timestamp,
    read: impl FnOnce(&mut Fields) -> T,
    unread: impl Fn(&str) -> ValidationError,
) -> Result<T> {
    let malformed = |why: String| Error::invalid_field("body", reason("json", why));
    let json = Json::parse(bytes).map_err(|why| malformed(format!("Invalid JSON: {why}")))?;
    let Json::Object(object) = json else { return Err(malformed("Input should be a valid object".to_owned())) };
    let mut fields = Fields::new(object, now);
    let body = read(&mut fields);
    fields.finish(unread)?;
    Ok(body)
}

/// The schema of the bodies that [`parse`] accepts for a `B`, as exactly as a schema can be.
#[must_use]
pub(in crate::api) fn schema<B: Body>() -> Value {
    Fields::schema_of(B::read)
}
