//! `#(path op value)`: a condition on the elements of a list.

use super::brackets::balanced;
use super::key::KeyPattern;
use crate::cli::client::document::Document;

/// A condition.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query<'a> {
    /// What is compared, in the element; empty: the element itself.
    pub(super) path: &'a str,
    operator: &'a str,
    value: String,
}

impl<'a> Query<'a> {
    /// Splits the condition in brackets off that `text` begins with.
    pub(super) fn split(text: &'a str) -> Option<(Self, &'a str)> {
        let whole = balanced(text);
        let inside = whole.strip_prefix(['(', '['])?.strip_suffix([')', ']'])?;
        Some((Self::parse(inside), &text[whole.len()..]))
    }

    fn parse(inside: &'a str) -> Self {
        let Some(position) = operator_position(inside) else {
            return Self { path: inside.trim(), operator: "", value: String::new() };
        };
        let (path, compared) = inside.split_at(position);
        let operators = ["!=", "!%", "<=", ">=", "==", "<", ">", "=", "%"];
        let operator = operators.into_iter().find(|operator| compared.starts_with(operator)).unwrap_or(&compared[..1]);
        let value = compared[operator.len()..].trim();
        // A quoted value is JSON, others are taken as they are.
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.to_owned());
        Self { path: path.trim(), operator: if operator == "==" { "=" } else { operator }, value }
    }

    /// Whether a value, `None` if the path selects none, fulfils the condition.
    pub(super) fn matches(&self, found: Option<&Document>) -> bool {
        if let Some(kind) = self.value.strip_prefix('~') {
            let is_so = match kind {
                "*" => found.is_some(),
                "null" => matches!(found, None | Some(Document::Null)),
                "true" => found.is_some_and(|found| truth(found) == Some(true)),
                "false" => found.is_none_or(|found| truth(found) == Some(false)),
                _ => return false,
            };
            return self.compare_bool(is_so, true);
        }
        match found {
            Some(_) if self.operator.is_empty() => true,
            Some(Document::Text(text)) => self.compare_text(text),
            Some(Document::Number(number)) => {
                let expected = self.value.parse().unwrap_or(0.0);
                number.as_f64().is_some_and(|number| self.compare(number.partial_cmp(&expected)))
            }
            Some(Document::Bool(truth)) => match self.value.as_str() {
                "true" => self.compare_bool(*truth, true),
                "false" => self.compare_bool(*truth, false),
                _ => self.operator == "!=",
            },
            None | Some(Document::Null | Document::List(_) | Document::Map(_)) => false,
        }
    }

    fn compare_text(&self, text: &str) -> bool {
        match self.operator {
            "%" => KeyPattern::whole(&self.value).matches(text),
            "!%" => !KeyPattern::whole(&self.value).matches(text),
            _ => self.compare(Some(text.cmp(&self.value))),
        }
    }

    fn compare_bool(&self, found: bool, expected: bool) -> bool {
        self.compare(Some(found.cmp(&expected)))
    }

    fn compare(&self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self.operator {
            "=" => order.is_eq(),
            "!=" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => false,
        })
    }
}

/// Where the operator begins: outside of brackets, strings and escapes.
fn operator_position(inside: &str) -> Option<usize> {
    let mut position = 0;
    while let Some(character) = inside[position..].chars().next() {
        match character {
            '!' | '=' | '<' | '>' | '%' => return Some(position),
            '\\' => position += 1 + inside[position + 1..].chars().next().map_or(0, char::len_utf8),
            '[' | '(' | '{' | '"' => position += balanced(&inside[position..]).len(),
            _ => position += character.len_utf8(),
        }
    }
    None
}

/// Whether a value counts as true or as false.
fn truth(value: &Document) -> Option<bool> {
    match value {
        Document::Null => Some(false),
        Document::Bool(truth) => Some(*truth),
        Document::Number(number) => Some(number.as_f64() != Some(0.0)),
        Document::Text(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" => Some(true),
            "0" | "f" | "false" => Some(false),
            _ => None,
        },
        Document::List(_) | Document::Map(_) => None,
    }
}
