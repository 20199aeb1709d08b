//! YAML, whose plain values have the types that `ant` gives them.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use serde_saphyr::Spanned;

use super::document::Document;
use super::message::one_line;

/// Parses YAML 1.2, where `no` is a string (Norway) and not false. As in `ant`, `010` is octal, and a number that is no integer
/// of 64 bits is a string unless it has a dot: `1e3`, `08`.
///
/// # Errors
/// One line with the position.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let options = serde_saphyr::options! { strict_booleans: true, legacy_octal_numbers: true, with_snippet: false };
    let node: Spanned<Node> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| one_line(&error.to_string()))?;
    Ok(document(node, text))
}

/// A value, and where those in it are written.
enum Node {
    Scalar(Document),
    Float(f64),
    List(Vec<Spanned<Self>>),
    Map(Vec<(String, Spanned<Self>)>),
}

fn document(node: Spanned<Node>, source: &str) -> Document {
    match node.value {
        Node::Scalar(scalar) => scalar,
        Node::Float(value) => {
            let span = node.defined.span();
            let written = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
                let start = usize::try_from(start).ok()?;
                source.get(start..start.checked_add(usize::try_from(length).ok()?)?)
            });
            match written.map(str::trim_ascii_end) {
                Some(text) if is_without_dot(text) => Document::Text(text.to_owned()),
                _ => Number::from_f64(value).map_or(Document::Null, Document::Number),
            }
        }
        Node::List(items) => Document::List(items.into_iter().map(|item| document(item, source)).collect()),
        Node::Map(pairs) => {
            Document::Map(pairs.into_iter().map(|(key, value)| (key, document(value, source))).collect())
        }
    }
}

fn is_without_dot(number: &str) -> bool {
    number.bytes().all(|byte| byte.is_ascii_digit() || b"eE+-_".contains(&byte))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a YAML value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Document::Null))
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Document::Bool(truth)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Document::Number(number.into())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Scalar(Document::Number(number.into())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        if number.is_finite() { Ok(Node::Float(number)) } else { Err(E::custom("JSON has no such number")) }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Document::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    // The parser has refused duplicate keys.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            pairs.push(entry);
        }
        Ok(Node::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_parsed(yaml: &str, json: &str) {
        assert_eq!(parse(yaml).map(|parsed| serde_json::to_string(&parsed).unwrap()), Ok(json.to_owned()), "{yaml}");
    }

    #[test]
    fn a_number_is_one_if_it_is_an_integer_of_64_bits_or_has_a_dot() {
        assert_parsed("[5, -5, 0x10, 18446744073709551615]", "[5,-5,16,18446744073709551615]");
        assert_parsed("[0.5, 1.0, 1.5e3]", "[0.5,1.0,1500.0]");
        assert_parsed("[010, 0o10, 0777]", "[8,8,511]");
        assert_parsed("[1e3, -1E+3, 08, 18446744073709551616]", r#"["1e3","-1E+3","08","18446744073709551616"]"#);
        assert_parsed("é: &a 1e3 # thousand\nb: *a\nc:\n  - 1e3 \n", r#"{"é":"1e3","b":"1e3","c":["1e3"]}"#);
    }

    #[test]
    fn other_values_have_the_types_of_yaml_1_2() {
        assert_parsed("{a: NO, b: yes, c: true, d: ~, e: '5', f: 2020-01-01}", {
            r#"{"a":"NO","b":"yes","c":true,"d":null,"e":"5","f":"2020-01-01"}"#
        });
        for yaml in [".inf", ".nan", "{a: 1, a: 2}", "*a", "a: [", "a: 1\n---\nb: 2"] {
            assert!(parse(yaml).is_err_and(|error| !error.contains('\n')), "{yaml}");
        }
    }
}
