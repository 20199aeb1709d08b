//! The `pretty` format.

use crate::cli::client::document::Document;
use crate::cli::client::message::one_line;

/// Formats a document as lines of `key: value`, indented by depth. Control characters are escaped.
pub(in crate::cli) fn lines(document: &Document) -> String {
    let mut text = String::new();
    write(document, 0, &mut text);
    text.trim_matches('\n').to_owned()
}

/// Appends a scalar to the current line, and a map or a list below it.
fn write(document: &Document, depth: usize, text: &mut String) {
    let single = match document {
        Document::Null => "null".to_owned(),
        Document::Bool(truth) => truth.to_string(),
        Document::Number(number) => number.to_string(),
        Document::Text(content) if content.is_empty() => "(empty)".to_owned(),
        Document::Text(content) => one_line(content),
        Document::List(items) if items.is_empty() => "(none)".to_owned(),
        Document::Map(pairs) if pairs.is_empty() => "(none)".to_owned(),
        Document::List(items) => {
            let numbered = items.iter().enumerate().map(|(index, item)| ((index + 1).to_string(), item));
            return entries(numbered, depth, text);
        }
        Document::Map(pairs) => return entries(pairs.iter().map(|(key, value)| (one_line(key), value)), depth, text),
    };
    if depth > 0 {
        text.push(' ');
    }
    text.push_str(&single);
}

fn entries<'a>(entries: impl Iterator<Item = (String, &'a Document)>, depth: usize, text: &mut String) {
    for (name, value) in entries {
        text.push('\n');
        text.push_str(&"  ".repeat(depth));
        text.push_str(&name);
        text.push(':');
        write(value, depth + 1, text);
    }
}
