//! The documents: one per API version, and one of the operator's API.

use serde_json::{Value, json};

use super::{answers, operations, operator, parameters};
use crate::api::version_list::for_each_version;
use crate::api::{ApiVersion, VersionVisitor, WireFormat};
use crate::domain::label::EnumLabel;

/// An OpenAPI document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiDocument {
    /// The API under one version.
    Version(ApiVersion),
    /// The operator's API.
    Operator,
}

/// Every document: one per version, oldest first, and the operator's.
macro_rules! all_documents {
    ($($variant:ident: $format:ty,)+) => {
        &[$(ApiDocument::Version(ApiVersion::$variant),)+ ApiDocument::Operator]
    };
}

impl EnumLabel for ApiDocument {
    const ALL: &'static [Self] = for_each_version!(all_documents);

    fn as_str(self) -> &'static str {
        match self {
            Self::Version(version) => version.as_str(),
            Self::Operator => "operator",
        }
    }
}

/// The document as JSON.
#[must_use]
pub fn document(document: ApiDocument) -> Value {
    match document {
        ApiDocument::Version(version) => version.visit(Describe),
        ApiDocument::Operator => assemble(&DocumentParts {
            label: ApiDocument::Operator.as_str(),
            about: operator::ABOUT.to_owned(),
            paths: operator::paths(),
            schemas: operator::schemas(),
            parameters: operator::parameters(),
            failures: operator::failures(),
        }),
    }
}

/// Writes the document of a version.
struct Describe;

impl VersionVisitor for Describe {
    type Output = Value;

    fn visit<F: WireFormat>(self) -> Value {
        describe::<F>()
    }
}

/// The document as text, as it is stored in `openapi/` and served: indented, in a fixed order, with a trailing newline.
#[must_use]
pub fn document_text(subject: ApiDocument) -> String {
    format!("{:#}\n", document(subject))
}

fn describe<F: WireFormat>() -> Value {
    let (header, value) = F::VERSION.header();
    let about = format!(
        "{} A request asks for this shape with the header `{header}: {value}`. \
         All shapes show the same profiles. \
         A path answers a method that it does not know with 405 and an `allow` header; unknown query parameters are ignored.",
        F::ABOUT
    );
    assemble(&DocumentParts {
        label: F::VERSION.as_str(),
        about,
        paths: operations::paths::<F>(),
        schemas: operations::schemas::<F>(),
        parameters: parameters::components::<F>(),
        failures: answers::failures(if F::DOCUMENTS_RETRIES_AND_CONDITIONS { &answers::NEWER } else { &[] }),
    })
}

/// What differs between documents.
struct DocumentParts {
    label: &'static str,
    about: String,
    paths: Value,
    schemas: Value,
    parameters: Value,
    failures: Value,
}

fn assemble(parts: &DocumentParts) -> Value {
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
