//! JSON that preserves the order of its keys, in answers as in bodies.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

/// A value of JSON or YAML.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::cli) enum Document {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    /// Keys are distinct.
    Map(Vec<(String, Self)>),
}

impl Document {
    /// `{}`
    pub(in crate::cli) const fn empty() -> Self {
        Self::Map(Vec::new())
    }

    /// The value of `key`, if this is a map.
    pub(in crate::cli) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub(in crate::cli) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets the value of `key`, and makes this a map if it is none.
    pub(in crate::cli) fn set(&mut self, key: &str, value: Self) {
        *self.entry(key) = value;
    }

    /// Sets the value of `inner` in the map at `key`, which is made if it is none.
    pub(in crate::cli) fn set_in(&mut self, key: &str, inner: &str, value: Self) {
        self.entry(key).set(inner, value);
    }

    /// The value of `key`, which is added to this if it is missing.
    fn entry(&mut self, key: &str) -> &mut Self {
        if !matches!(self, Self::Map(_)) {
            *self = Self::empty();
        }
        let Self::Map(pairs) = self else { return self };
        let position = pairs.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            pairs.push((key.to_owned(), Self::Null));
            pairs.len() - 1
        });
        &mut pairs[position].1
    }

    /// Removes `key` and returns its value, if this is a map that has it.
    pub(in crate::cli) fn take(&mut self, key: &str) -> Option<Self> {
        match self {
            Self::Map(pairs) => {
                let position = pairs.iter().position(|(name, _)| name == key)?;
                Some(pairs.remove(position).1)
            }
            _ => None,
        }
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(number) => number.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocumentVisitor)
    }
}

struct DocumentVisitor;

impl<'de> Visitor<'de> for DocumentVisitor {
    type Value = Document;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Document, E> {
        Ok(Document::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Document, E> {
        Ok(Document::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Document, E> {
        Ok(Document::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Document, E> {
        Number::from_f64(number).map(Document::Number).ok_or_else(|| E::custom("JSON has no such number"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Document, E> {
        Ok(Document::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Document::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let mut pairs: Vec<(String, Document)> = Vec::new();
        while let Some((key, value)) = entries.next_entry::<String, Document>()? {
            if pairs.iter().any(|(name, _)| *name == key) {
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            pairs.push((key, value));
        }
        Ok(Document::Map(pairs))
    }
}
