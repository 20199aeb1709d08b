//! The OpenAPI 3.1 documents, one a shape and one of the operator's API, made from the types that read and write its wire.
//! May know what its parent may.

mod answers;
mod api_keys;
mod examples;
mod operations;
mod operator;
mod parameters;
mod trust;
mod trust_examples;
mod webhooks;

use serde_json::{Value, json};

use super::ga::Ga;
use super::v2026_03_24::V2026_03_24;
use super::v2026_08_18::V2026_08_18;
use super::v2026_09_04::V2026_09_04;
use super::wire::error::ErrorEnvelope;
use super::wire::schema::Documented;
use super::{ApiVersion, WireFormat};
use crate::domain::label::EnumLabel;

/// What a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiDocument {
    /// A dated shape of profiles.
    Shape(ApiVersion),
    /// The operator's API.
    Operator,
}

impl EnumLabel for ApiDocument {
    const ALL: &'static [Self] = &[
        Self::Shape(ApiVersion::V2026_03_24),
        Self::Shape(ApiVersion::V2026_08_18),
        Self::Shape(ApiVersion::V2026_09_04),
        Self::Shape(ApiVersion::Ga),
        Self::Operator,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Shape(version) => version.as_str(),
            Self::Operator => "operator",
        }
    }
}

/// The document of `subject`.
#[must_use]
pub fn document(subject: ApiDocument) -> Value {
    match subject {
        ApiDocument::Shape(ApiVersion::V2026_03_24) => of::<V2026_03_24>(),
        ApiDocument::Shape(ApiVersion::V2026_08_18) => of::<V2026_08_18>(),
        ApiDocument::Shape(ApiVersion::V2026_09_04) => of::<V2026_09_04>(),
        ApiDocument::Shape(ApiVersion::Ga) => of::<Ga>(),
        ApiDocument::Operator => written(&Parts {
            label: ApiDocument::Operator.as_str(),
            about: operator::ABOUT.to_owned(),
            paths: operator::paths(),
            schemas: operator::schemas(),
            parameters: operator::parameters(),
            failures: operator::failures(),
        }),
    }
}

/// The document of `subject` as it is kept and served: indented, in the same order every time, with a newline at its end.
#[must_use]
pub fn document_text(subject: ApiDocument) -> String {
    format!("{:#}\n", document(subject))
}

fn of<F: WireFormat>() -> Value {
    let (header, value) = F::VERSION.selector();
    let about = format!(
        "{} A request asks for this shape with the header `{header}: {value}`. \
         All shapes show the same profiles. \
         A path answers a method that it does not know with 405 and an `allow` header; unknown query parameters are ignored.",
        F::ABOUT
    );
    written(&Parts {
        label: F::VERSION.as_str(),
        about,
        paths: operations::paths::<F>(),
        schemas: operations::schemas::<F>(),
        parameters: parameters::components(F::VERSION),
        failures: answers::failures(if F::VERSION == ApiVersion::Ga { &answers::LATER } else { &[] }),
    })
}

/// What distinguishes one document from another.
struct Parts {
    label: &'static str,
    about: String,
    paths: Value,
    schemas: Value,
    parameters: Value,
    failures: Value,
}

fn written(parts: &Parts) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "User profiles", "version": parts.label, "description": parts.about},
        "servers": [{"url": "/"}],
        "security": [{"api_key": []}, {"bearer": []}],
        "paths": parts.paths,
        "components": {
            "schemas": parts.schemas,
            "parameters": parts.parameters,
            "headers": answers::headers(),
            "responses": parts.failures,
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
        for subject in ApiDocument::ALL {
            undescribed(&document(*subject)["components"]["schemas"], subject.as_str(), &mut found);
        }
        assert!(found.is_empty(), "{found:#?}");
    }
}
