//! What the fuzz targets in `fuzz/` reach and no other code does. Part of the crate with the feature `fuzzing` only.

use serde_json::Value;
use uuid::Uuid;

use super::body::json::Json;
use super::wire::cursor::{self, CursorError};
use super::wire::event_cursor;
use crate::domain::event::EventKeyset;
use crate::domain::id::OrganizationId;
use crate::domain::page::Order;

/// The document that a body is read as. Numbers, which it does not distinguish, are 0.
///
/// # Errors
/// The reason why it is refused.
pub fn read_json(bytes: &[u8]) -> Result<Value, String> {
    Json::parse(bytes).map(value)
}

fn value(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::Array(items.into_iter().map(value).collect()),
        Json::Object(object) => Value::Object(object.into_iter().map(|(key, item)| (key, value(item))).collect()),
        Json::Bool(value) => Value::Bool(value),
        Json::Other => 0.into(),
    }
}

/// A cursor of `kind` with a right checksum, whether or not the service would write it.
#[must_use]
pub fn cursor(organization: OrganizationId, order: Order, kind: u8, id: Uuid, rest: &[u8]) -> String {
    cursor::write(organization, order, kind, id, rest)
}

/// The cursor of the page after `keyset` in the organization's events.
#[must_use]
pub fn encode_event(organization: OrganizationId, order: Order, keyset: EventKeyset) -> String {
    event_cursor::encode(organization, order, keyset)
}

/// The place in the organization's events that the cursor `text` encodes.
///
/// # Errors
/// [`CursorError`].
pub fn decode_event(organization: OrganizationId, order: Order, text: &str) -> Result<EventKeyset, CursorError> {
    event_cursor::decode(organization, order, text)
}
