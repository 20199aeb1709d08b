//! How flags and bodies are parsed: strings, maps, JSON and YAML.

use clap::builder::{StringValueParser, TypedValueParser};

use super::document::Document;
use super::yaml;

/// Parses JSON or YAML; an empty text is `null`.
///
/// # Errors
/// One line with the position.
pub(super) fn document(text: &str) -> Result<Document, String> {
    // JSON first: YAML does not accept all of it, such as tabs.
    if let Ok(document) = serde_json::from_str(text) {
        return Ok(document);
    }
    yaml::parse(text)
}

/// Parses a string flag, whose value `null` is JSON's null.
pub(super) fn nullable() -> impl TypedValueParser<Value = Document> {
    StringValueParser::new().map(|text| if text == "null" { Document::Null } else { Document::Text(text) })
}

/// The value of a flag that takes a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum MapFlag {
    /// A map, or null.
    Whole(Document),
    /// `key=value`
    Pair(String, String),
}

/// Parses a map flag: `{plan: pro}`, `plan: pro`, `{"plan":"pro"}`, `plan=pro`, or `null`.
///
/// The value of a pair is always a string. `name=a: b` is a pair, because a YAML key has no `=`.
pub(super) fn map(text: &str) -> Result<MapFlag, String> {
    if let Some((key, value)) = text.split_once('=')
        && !key.is_empty()
        && !key.contains([':', '{', '[', '"', '\'', '\n'])
    {
        return Ok(MapFlag::Pair(key.to_owned(), value.to_owned()));
    }
    match document(text) {
        Ok(map @ (Document::Map(_) | Document::Null)) if !text.trim().is_empty() => Ok(MapFlag::Whole(map)),
        Ok(_) => Err("expected a map such as '{plan: pro}', or a pair such as plan=pro".to_owned()),
        Err(error) => Err(format!("expected a map such as '{{plan: pro}}', or a pair such as plan=pro: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_map(text: &str, json: &str) {
        let document = match map(text).unwrap() {
            MapFlag::Whole(map) => map,
            MapFlag::Pair(key, value) => Document::Map(vec![(key, Document::Text(value))]),
        };
        assert_eq!(serde_json::to_string(&document).unwrap(), json, "{text}");
    }

    #[test]
    fn a_map_may_be_yaml_or_json_or_one_pair() {
        assert_map("{plan: pro}", r#"{"plan":"pro"}"#);
        assert_map("plan: pro\nregion: eu", r#"{"plan":"pro","region":"eu"}"#);
        assert_map("{\n\t\"plan\": \"pro\"\n}", r#"{"plan":"pro"}"#);
        assert_map("plan=pro", r#"{"plan":"pro"}"#);
        assert_map("null", "null");
        assert_map("{}", "{}");
    }

    #[test]
    fn the_value_of_a_pair_is_text_whatever_it_looks_like() {
        assert_map("seats=5", r#"{"seats":"5"}"#);
        assert_map("plan=", r#"{"plan":""}"#);
        assert_map("query=a=b", r#"{"query":"a=b"}"#);
        assert_map("note=one: two", r#"{"note":"one: two"}"#);
        assert_map("home=https://example.com/?a=b", r#"{"home":"https://example.com/?a=b"}"#);
    }

    #[test]
    fn a_map_keeps_the_types_that_it_is_written_with() {
        assert_map("{seats: 5, half: 0.5, on: true, off: 'true', gone: null}", {
            r#"{"seats":5,"half":0.5,"on":true,"off":"true","gone":null}"#
        });
        assert_map("{country: NO, sure: yes}", r#"{"country":"NO","sure":"yes"}"#);
        assert_map("query: a=b", r#"{"query":"a=b"}"#);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for text in ["", " ", "plan", "[plan]", "5", "=pro", "{plan: pro", "{a: 1, a: 2}"] {
            assert!(map(text).is_err(), "{text}");
        }
    }

    #[test]
    fn json_is_read_where_yaml_would_refuse_it_or_take_it_for_something_else() {
        assert_eq!(
            document("{\"a\":\t\"\\ud83d\\ude00\"}"),
            Ok(Document::Map(vec![("a".to_owned(), Document::Text("😀".to_owned()))]))
        );
        assert_eq!(document(""), Ok(Document::Null));
        assert!(document("a: [").is_err_and(|error| error.contains("line 1") && !error.contains('\n')));
    }
}
