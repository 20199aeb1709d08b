//! JSON Schemas (2020-12, as OpenAPI 3.1 has them) of answers, derived from the types that serialize them.

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// The schema of a serialized `T`, without references.
pub(in crate::api) fn schema_of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12().for_serialize().with_transform(as_published);
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

/// Rewrites what the published documents, which never change, say in another way than schemars.
fn as_published(schema: &mut Schema) {
    transform_subschemas(&mut as_published, schema);
    // A struct whose fields are all required lists them by name.
    if let (Some(Value::Object(fields)), Some(Value::Array(required))) =
        (schema.get("properties"), schema.get("required"))
        && fields.len() == required.len()
        && fields.values().all(|field| field.get("description").is_some())
    {
        let names: Vec<_> = fields.keys().cloned().collect();
        schema.insert("required".to_owned(), names.into());
    }
    // Only fields have descriptions.
    for elements in ["items", "additionalProperties"] {
        if let Some(Value::Object(element)) = schema.get_mut(elements) {
            element.remove("description");
        }
    }
    if schema.get("format").is_some_and(|format| format == "uint32") {
        schema.remove("format");
        schema.remove("minimum");
    }
}

/// An object with all of `fields`: name, schema and description of each.
pub(in crate::api) fn object<const N: usize>(fields: [(&str, Value, &str); N]) -> Value {
    let mut properties = Map::new();
    for (field, mut schema, about) in fields {
        if let Value::Object(schema) = &mut schema {
            schema.insert("description".to_owned(), about.trim().into());
        }
        properties.insert(field.trim_start_matches("r#").to_owned(), schema);
    }
    let required: Vec<_> = properties.keys().cloned().collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// `schema`, or null.
pub(in crate::api) fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    if let Some(Value::Array(labels)) = schema.get_mut("enum") {
        labels.push(Value::Null);
    }
    schema
}
