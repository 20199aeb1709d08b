//! The OpenAPI 3.1 document of each shape, made from the types that read and write its wire.
//! May know what its parent may.

mod answers;
mod examples;
mod operations;
mod parameters;

use serde_json::{Value, json};

use super::error::ErrorEnvelope;
use super::ga::Ga;
use super::schema::Documented;
use super::v2026_03_24::V2026_03_24;
use super::v2026_08_18::V2026_08_18;
use super::v2026_09_04::V2026_09_04;
use super::{ApiVersion, WireFormat};
use crate::domain::word::Word;

/// The document of `version`.
#[must_use]
pub fn document(version: ApiVersion) -> Value {
    match version {
        ApiVersion::V2026_03_24 => of::<V2026_03_24>(),
        ApiVersion::V2026_08_18 => of::<V2026_08_18>(),
        ApiVersion::V2026_09_04 => of::<V2026_09_04>(),
        ApiVersion::Ga => of::<Ga>(),
    }
}

/// The document of `version` as it is kept and served: indented, in the same order every time, with a newline at its end.
#[must_use]
pub fn document_text(version: ApiVersion) -> String {
    format!("{:#}\n", document(version))
}

fn of<F: WireFormat>() -> Value {
    let (header, value) = F::VERSION.selector();
    let about = format!(
        "{} A request asks for this shape with the header `{header}: {value}`. \
         All shapes show the same profiles. \
         A path answers a method that it does not know with 405 and an `allow` header; unknown query parameters are ignored.",
        F::ABOUT
    );
    json!({
        "openapi": "3.1.0",
        "info": {"title": "User profiles", "version": F::VERSION.as_str(), "description": about},
        "servers": [{"url": "/"}],
        "security": [{"api_key": []}, {"bearer": []}],
        "paths": operations::paths::<F>(),
        "components": {
            "schemas": operations::schemas::<F>(),
            "parameters": parameters::components(F::VERSION),
            "headers": answers::headers(),
            "responses": answers::failures(),
            "securitySchemes": {
                "api_key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-api-key",
                    "description": "An API key of the organization.",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
            },
        },
    })
}

/// The schema of every failure.
fn error_schema() -> Value {
    ErrorEnvelope::schema()
}

/// A reference to a component.
fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every property of every schema below `value` that has no description.
    fn undescribed(value: &Value, path: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(object) => object.iter().map(|(key, child)| (key.clone(), child)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(at, child)| (at.to_string(), child)).collect(),
            _ => return,
        };
        for (key, child) in children {
            let path = format!("{path}/{key}");
            let is_property = path.rsplit('/').nth(1) == Some("properties") && !path.contains("/allOf/");
            if is_property && !path.contains("/tiers/") && !path.contains("/features/") {
                let about = child["description"].as_str().unwrap_or_default();
                if about.is_empty() || about.starts_with(' ') {
                    found.push(path.clone());
                }
            }
            undescribed(child, &path, found);
        }
    }

    #[test]
    fn every_field_is_described() {
        let mut found = Vec::new();
        for version in ApiVersion::ALL {
            undescribed(&document(*version)["components"]["schemas"], version.as_str(), &mut found);
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}
