//! JSON Schemas (2020-12, as OpenAPI 3.1 has them) of what is answered, made where the types are written, so that a new field cannot be
//! forgotten.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A type whose form on the wire is documented.
pub trait Documented {
    /// The schema of what it is written as.
    fn schema() -> Value;
}

/// Writes the struct of an answer, and its schema with it: every field is documented by its comment and always present.
macro_rules! answer {
    (
        $(#[doc = $about:literal])+
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:literal])+ $field_visibility:vis $field:ident: $type:ty,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, ::serde::Serialize)]
        $visibility struct $name {
            $($(#[doc = $doc])+ $field_visibility $field: $type,)+
        }

        impl $crate::api::wire::schema::Documented for $name {
            fn schema() -> ::serde_json::Value {
                $crate::api::wire::schema::object([$((
                    stringify!($field),
                    <$type as $crate::api::wire::schema::Documented>::schema(),
                    concat!($($doc),+),
                ),)+])
            }
        }
    };
}

pub(crate) use answer;

impl Documented for String {
    fn schema() -> Value {
        json!({"type": "string"})
    }
}

impl Documented for bool {
    fn schema() -> Value {
        json!({"type": "boolean"})
    }
}

impl Documented for u32 {
    fn schema() -> Value {
        json!({"type": "integer"})
    }
}

impl<T: Documented> Documented for Option<T> {
    fn schema() -> Value {
        nullable(T::schema())
    }
}

impl<T: Documented> Documented for Vec<T> {
    fn schema() -> Value {
        json!({"type": "array", "items": T::schema()})
    }
}

impl<T: Documented> Documented for BTreeMap<String, T> {
    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": T::schema()})
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
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema
}
