//! References to components of the same document, and the component that all documents share.

use serde_json::{Value, json};

use crate::api::wire::error::ErrorEnvelope;
use crate::api::wire::schema::schema_of;

/// The schema of every failure.
pub(super) fn error_schema() -> Value {
    schema_of::<ErrorEnvelope>()
}

/// A reference to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
