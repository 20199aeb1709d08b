//! Single values in answers: labels, ids and URLs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use validator::ValidationError;

use crate::domain::error::reason;
use crate::domain::id::{Id, IdKind};
use crate::domain::label::EnumLabel;

/// The label of a value of a closed set.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct WireLabel<T>(pub(in crate::api) T);

/// An id.
#[derive(Debug)]
pub(in crate::api) struct WireId<K: IdKind>(pub(in crate::api) Id<K>);

/// A URL that a browser can open, or a webhook delivery can be sent to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("format" = "uri"))]
pub(in crate::api) struct WireUrl(pub(in crate::api) String);

impl<T: EnumLabel> Serialize for WireLabel<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<T: EnumLabel> JsonSchema for WireLabel<T> {
    fn schema_name() -> Cow<'static, str> {
        "Label".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": labels::<T>()})
    }
}

impl<K: IdKind> Serialize for WireId<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<K: IdKind> JsonSchema for WireId<K> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": Id::<K>::pattern()})
    }
}

/// The schema of the labels of `T`.
pub(in crate::api) fn label_schema<T: EnumLabel>() -> Value {
    json!({"type": "string", "enum": labels::<T>()})
}

fn labels<T: EnumLabel>() -> Vec<&'static str> {
    T::ALL.iter().map(|label| label.as_str()).collect()
}

/// The violation of a text that is none of the labels of `T`.
pub(in crate::api) fn unknown_label<T: EnumLabel>() -> ValidationError {
    let labels: Vec<_> = T::ALL.iter().map(|label| format!("`{}`", label.as_str())).collect();
    reason("word", format!("Input should be one of {}", labels.join(", ")))
}
