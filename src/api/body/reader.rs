//! Request bodies: one JSON object each.

use serde_json::Value;

use super::fields::Fields;
use super::json::Json;
use crate::api::ApiVersion;
use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::{Error, Result};

/// A request body, read field by field; what is wrong with a field stays in `fields`.
pub trait Body: Sized {
    /// The fields that this body has under some shape. Under a shape that does not take one, it gets a more helpful answer than a
    /// typing error would.
    const FIELDS_OF_SOME_SHAPE: &'static [&'static str];

    /// Reads the fields of this body. The outcome counts only if `fields` ends without a violation.
    fn read(fields: &mut Fields) -> Self;
}

/// Reads `bytes`, which arrived `now`, as a `B` of `version`.
///
/// # Errors
/// `Invalid`: no JSON, no object, or every field that is wrong.
pub fn parse<B: Body>(bytes: &[u8], version: ApiVersion, now: Timestamp) -> Result<B> {
    parse_with(bytes, version, now, B::FIELDS_OF_SOME_SHAPE, B::read)
}

/// As [`parse`], for a body of which only `read` knows what it holds.
pub(in crate::api) fn parse_with<T>(
    bytes: &[u8],
    version: ApiVersion,
    now: Timestamp,
    of_some_shape: &[&str],
    read: impl FnOnce(&mut Fields) -> T,
) -> Result<T> {
    let malformed = |why: String| Error::invalid_field("body", reason("json", why));
    let json = Json::parse(bytes).map_err(|why| malformed(format!("Invalid JSON: {why}")))?;
    let Json::Object(object) = json else { return Err(malformed("Input should be a valid object".to_owned())) };
    let mut fields = Fields::new(object, version, now);
    let body = read(&mut fields);
    fields.finish(of_some_shape)?;
    Ok(body)
}

/// The schema of the bodies that [`parse`] takes for a `B` of `version`, as exactly as a schema can be.
#[must_use]
pub(in crate::api) fn schema<B: Body>(version: ApiVersion) -> Value {
    Fields::schema_of(version, B::read)
}
