//! Single values as they are answered: words of closed sets, ids and addresses.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use validator::ValidationError;

use super::schema::Documented;
use crate::domain::error::reason;
use crate::domain::id::{Id, IdKind};
use crate::domain::label::EnumLabel;

/// A word of a closed set.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct WireLabel<T>(pub(in crate::api) T);

/// An id.
#[derive(Debug)]
pub(in crate::api) struct WireId<K: IdKind>(pub(in crate::api) Id<K>);

/// An address that a browser opens.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(in crate::api) struct WireUrl(pub(in crate::api) String);

impl<T: EnumLabel> Serialize for WireLabel<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<T: EnumLabel> Documented for WireLabel<T> {
    fn schema() -> Value {
        label_schema::<T>()
    }
}

impl<K: IdKind> Serialize for WireId<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<K: IdKind> Documented for WireId<K> {
    fn schema() -> Value {
        json!({"type": "string", "pattern": Id::<K>::pattern()})
    }
}

impl Documented for WireUrl {
    fn schema() -> Value {
        json!({"type": "string", "format": "uri"})
    }
}

/// The schema of a closed set's words.
pub(in crate::api) fn label_schema<T: EnumLabel>() -> Value {
    let words: Vec<_> = T::ALL.iter().map(|word| word.as_str()).collect();
    json!({"type": "string", "enum": words})
}

/// The violation of a text that is none of the labels of `T`.
pub(in crate::api) fn unknown_label<T: EnumLabel>() -> ValidationError {
    let labels: Vec<_> = T::ALL.iter().map(|label| format!("`{}`", label.as_str())).collect();
    reason("word", format!("Input should be one of {}", labels.join(", ")))
}
