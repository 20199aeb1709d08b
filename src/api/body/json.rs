//! A JSON document. Stricter than serde: a repeated key is an error.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::domain::error::shortened;

/// A value. Numbers, which no field accepts, are not distinguished.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::api) enum Json {
    Null,
    String(String),
    Array(Vec<Json>),
    Object(BTreeMap<String, Json>),
    Bool(bool),
    Other,
}

impl Json {
    /// Reads `bytes`: UTF-8, one value, at most 128 levels deep.
    ///
    /// # Errors
    /// The reason and the position. Of the text, only a repeated key is quoted.
    pub(in crate::api) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Json, A::Error> {
        let mut object = BTreeMap::new();
        while let Some(key) = pairs.next_key::<String>()? {
            match object.entry(key) {
                Entry::Vacant(entry) => _ = entry.insert(pairs.next_value()?),
                Entry::Occupied(entry) => {
                    return Err(A::Error::custom(format_args!("key `{}` is repeated", shortened(entry.key()))));
                }
            }
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_keys_are_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":1}}"#, r#"[{"a":1,"\u0061":2}]"#] {
            assert!(Json::parse(text.as_bytes()).unwrap_err().contains("is repeated"), "{text}");
        }
    }

    #[test]
    fn invalid_json_is_refused_without_a_panic() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "{", "{}x", r#"{"a":"\ud800"}"#, "{\"a\":\"\u{1}\"}", "nul", "1e999", "'a'", "\u{feff}{}", &deep]
        {
            assert!(Json::parse(text.as_bytes()).is_err(), "{text:.20}");
        }
        assert_eq!(Json::parse(b"{\"a\":\"\xff\"}").unwrap_err(), "not UTF-8 at byte 6");
    }

    #[test]
    fn escapes_and_astral_characters_are_read() {
        let expected = Json::String("\u{1f600}/\n".to_owned());
        assert_eq!(Json::parse(br#""\ud83d\ude00\/\n""#), Ok(expected));
    }
}
