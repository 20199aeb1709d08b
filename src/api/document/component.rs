//! References to components of the same document, and the component that all documents share.

use serde_json::{Value, json};

use crate::api::wire::error::{ErrorCode, ErrorEnvelope};
use crate::api::wire::scalars::label_schema;
use crate::api::wire::schema::schema_of;

/// The schema of every failure.
pub(super) fn error_schema() -> Value {
    schema_of::<ErrorEnvelope>()
}

/// The same, with the codes of errors.
pub(super) fn error_schema_with_codes() -> Value {
    let mut schema = error_schema();
    let details = &mut schema["properties"]["error"]["properties"]["details"];
    let mut code = label_schema::<ErrorCode>();
    code["description"] = "Which error of its type this is. `change_outcome_unknown` (503): the connection to the database was lost before it \
        confirmed the change, which may have been done. `cmek_not_approved`, `storage_not_approved` (400): the profile is not approved for \
        the data control."
        .into();
    details["properties"] = json!({"error_code": code});
    details["required"] = json!(["error_code"]);
    schema
}

/// A reference to a component.
pub(super) fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}
