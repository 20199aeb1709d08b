//! `--map`: which column, or which field of a line, becomes which field of a profile.

use crate::cli::client::document::Document;

/// Separates the name of an object's field from that of the object.
const SEPARATOR: char = '.';

/// One `--map SOURCE=FIELD`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli::bulk::import) struct Mapping {
    pub(in crate::cli::bulk::import) source: String,
    pub(in crate::cli::bulk::import) target: String,
}

impl Mapping {
    /// Parses the value of the flag. The last `=` separates: a column may have one in its name, a field has none.
    pub(in crate::cli::bulk::import) fn parse(text: &str) -> Result<Self, String> {
        let (source, target) = text.rsplit_once('=').ok_or("a mapping has the form COLUMN=FIELD")?;
        if source.is_empty() || target.is_empty() {
            return Err("a mapping has a column before and a field after its =".to_owned());
        }
        Ok(Self { source: source.to_owned(), target: target.to_owned() })
    }
}

/// Sets the field at the dotted path `target`: `metadata.plan` is the pair of that key. An object has no objects in it, so a second dot
/// belongs to a key.
pub(in crate::cli::bulk::import) fn set(body: &mut Document, target: &str, value: Document) {
    match target.split_once(SEPARATOR) {
        Some((object, field)) => body.set_in(object, field, value),
        None => body.set(target, value),
    }
}

/// The document with the fields that `mappings` take from `line`. A source is a dotted path. Numbers and truth values become text, for a profile
/// has no others; what is null or missing is left out.
///
/// # Errors
/// A value is a list or an object.
pub(in crate::cli::bulk::import) fn mapped(line: &Document, mappings: &[Mapping]) -> Result<Document, String> {
    let mut body = Document::empty();
    for Mapping { source, target } in mappings {
        let value = match at(line, source) {
            None | Some(Document::Null) => continue,
            Some(Document::Text(text)) => Document::Text(text.clone()),
            Some(Document::Number(number)) => Document::Text(number.to_string()),
            Some(Document::Bool(truth)) => Document::Text(truth.to_string()),
            Some(Document::List(_) | Document::Map(_)) => return Err(format!("{source}: Input should be a text")),
        };
        set(&mut body, target, value);
    }
    Ok(body)
}

/// The value at a path, whose names may have dots themselves.
fn at<'d>(document: &'d Document, path: &str) -> Option<&'d Document> {
    let below = || path.match_indices(SEPARATOR).find_map(|(dot, _)| at(document.get(&path[..dot])?, &path[dot + 1..]));
    document.get(path).or_else(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_takes_values_by_their_path() {
        let line = r#"{"id":7,"traits":{"name":{"first":"A"},"a.b":true,"none":null},"tags":[]}"#;
        let line: Document = serde_json::from_str(line).unwrap();
        let map = |texts: &[&str]| {
            let mappings: Vec<_> = texts.iter().map(|text| Mapping::parse(text).unwrap()).collect();
            mapped(&line, &mappings).map(|body| serde_json::to_string(&body).unwrap())
        };
        let texts =
            ["id=external_id", "traits.name.first=name", "traits.a.b=metadata.a.b", "traits.none=x", "missing=y"];
        assert_eq!(map(&texts).unwrap(), r#"{"external_id":"7","name":"A","metadata":{"a.b":"true"}}"#);
        assert_eq!(map(&["tags=name"]).unwrap_err(), "tags: Input should be a text");
    }

    #[test]
    fn a_mapping_has_a_source_and_a_target() {
        let mapping = Mapping::parse("a=b=name").unwrap();
        assert_eq!((mapping.source.as_str(), mapping.target.as_str()), ("a=b", "name"));
        for wrong in ["", "=", "name", "=name", "a="] {
            assert!(Mapping::parse(wrong).is_err(), "{wrong}");
        }
    }
}
