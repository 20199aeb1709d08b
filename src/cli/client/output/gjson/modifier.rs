//! `@name:argument`: functions of a value.

use super::brackets::{balanced, split_at_pipe};
use crate::cli::client::document::Document;

/// A function of GJSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    Dig,
    Flatten,
    FromStr,
    Group,
    Join,
    Keys,
    Pretty,
    Reverse,
    This,
    ToStr,
    Values,
}

impl Modifier {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "dig" => Self::Dig,
            "flatten" => Self::Flatten,
            "fromstr" => Self::FromStr,
            "group" => Self::Group,
            "join" => Self::Join,
            "keys" => Self::Keys,
            "pretty" => Self::Pretty,
            "reverse" => Self::Reverse,
            // White space is the output format's, and a document is valid.
            "this" | "ugly" | "valid" => Self::This,
            "tostr" => Self::ToStr,
            "values" => Self::Values,
            _ => return None,
        })
    }

    /// The modifier whose name `path` begins with, where the `@` has been removed.
    pub(super) fn named_at_start(path: &str) -> Option<Self> {
        Self::named(path.split(['.', '|', ':']).next()?)
    }

    /// Splits the modifier and its argument off that `path`, which begins after the `@`, begins with.
    pub(super) fn split(path: &str) -> Option<(Self, &str, &str)> {
        let end = path.find(['.', '|', ':']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        let modifier = Self::named(name)?;
        let Some(argument) = rest.strip_prefix(':') else { return Some((modifier, "", rest)) };
        let length = if argument.starts_with(['{', '[', '"']) {
            balanced(argument).len()
        } else {
            split_at_pipe(argument).0.len()
        };
        let (argument, rest) = argument.split_at(length);
        Some((modifier, argument, rest))
    }

    /// The result for a value, `None` if there is none. `dig` is the caller's.
    pub(super) fn apply(self, value: Option<Document>, argument: &str) -> Option<Document> {
        let is_on = |option: &str| {
            let argument: Option<Document> = serde_json::from_str(argument).ok();
            argument.is_some_and(|argument| argument.get(option) == Some(&Document::Bool(true)))
        };
        match (self, value) {
            (Self::Keys | Self::Values, None) => Some(Document::List(Vec::new())),
            (Self::ToStr, None) => Some(Document::Text(String::new())),
            (_, None) => None,
            (Self::Keys, Some(Document::Map(pairs))) => {
                Some(Document::List(pairs.into_iter().map(|(key, _)| Document::Text(key)).collect()))
            }
            (Self::Keys, Some(Document::List(items))) => {
                Some(Document::List(items.iter().map(|_| Document::Null).collect()))
            }
            (Self::Keys, Some(_)) => Some(Document::List(vec![Document::Null])),
            (Self::Values, Some(Document::Map(pairs))) => {
                Some(Document::List(pairs.into_iter().map(|(_, value)| value).collect()))
            }
            (Self::Values, Some(value @ Document::List(_))) => Some(value),
            (Self::Values, Some(value)) => Some(Document::List(vec![value])),
            (Self::ToStr, Some(value)) => serde_json::to_string(&value).ok().map(Document::Text),
            (Self::FromStr, Some(Document::Text(text))) => serde_json::from_str(&text).ok(),
            (Self::Group, Some(value)) => group(value),
            (Self::Reverse, Some(value)) => Some(reverse(value)),
            (Self::Flatten, Some(value)) => Some(flatten(value, is_on("deep"))),
            (Self::Join, Some(value)) => Some(join(value)),
            (Self::Pretty, Some(value)) => Some(if is_on("sortKeys") { sort_keys(value) } else { value }),
            (Self::This | Self::Dig | Self::FromStr, Some(value)) => Some(value),
        }
    }
}

/// The first name in `path` that is written like a modifier and is none, so that it is a key: a mistake, most likely. In a key that
/// does begin with an `@`, that can be escaped.
pub(in crate::cli) fn unknown_in(path: &str) -> Option<&str> {
    let mut position = 0;
    while let Some(character) = path[position..].chars().next() {
        position += match character {
            '\\' => 1 + path[position + 1..].chars().next().map_or(0, char::len_utf8),
            '"' => balanced(&path[position..]).len(),
            '@' if position == 0 || path[..position].ends_with(['.', '|', ',', ':', '{', '[', '(']) => {
                let name = &path[position + 1..];
                let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
                if Modifier::named(&name[..end]).is_none() {
                    return Some(&name[..end]);
                }
                1
            }
            _ => character.len_utf8(),
        };
    }
    None
}

fn reverse(mut value: Document) -> Document {
    match &mut value {
        Document::List(items) => items.reverse(),
        Document::Map(pairs) => pairs.reverse(),
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::Text(_) => {}
    }
    value
}

/// `[1,[2,[3]]]` to `[1,2,[3]]`, or to `[1,2,3]`.
fn flatten(value: Document, is_deep: bool) -> Document {
    let Document::List(items) = value else { return value };
    let flat = items.into_iter().flat_map(|item| match if is_deep { flatten(item, true) } else { item } {
        Document::List(inner) => inner,
        other => vec![other],
    });
    Document::List(flat.collect())
}

/// `[{"a":1},{"a":2,"b":3}]` to `{"a":2,"b":3}`.
fn join(value: Document) -> Document {
    let Document::List(items) = value else { return value };
    let mut joined = Document::empty();
    for item in items {
        if let Document::Map(pairs) = item {
            for (key, value) in pairs {
                joined.set(&key, value);
            }
        }
    }
    joined
}

/// `{"a":[1,2],"b":[3]}` to `[{"a":1,"b":3},{"a":2}]`.
fn group(value: Document) -> Option<Document> {
    let Document::Map(pairs) = value else { return None };
    let mut groups: Vec<Document> = Vec::new();
    for (key, value) in pairs {
        if let Document::List(items) = value {
            for (index, item) in items.into_iter().enumerate() {
                if index == groups.len() {
                    groups.push(Document::empty());
                }
                groups[index].set(&key, item);
            }
        }
    }
    Some(Document::List(groups))
}

fn sort_keys(value: Document) -> Document {
    match value {
        Document::Map(mut pairs) => {
            pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
            Document::Map(pairs.into_iter().map(|(key, value)| (key, sort_keys(value))).collect())
        }
        Document::List(items) => Document::List(items.into_iter().map(sort_keys).collect()),
        scalar => scalar,
    }
}
