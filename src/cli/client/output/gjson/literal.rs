//! `!"text"`: a value that is written in the path.

use super::brackets::balanced;
use crate::cli::client::document::Document;

/// The literal that `path`, which begins after `!`, begins with, and what follows it. `None` if it begins with none, so that the
/// `!` belongs to a key. What follows a text or a number is ignored, as in the original.
pub(super) fn split(path: &str) -> Option<(Option<Document>, &str)> {
    let (literal, rest) = match path.chars().next()? {
        '{' | '[' => path.split_at(balanced(path).len()),
        '"' => (balanced(path), ""),
        '+' | '-' | '0'..='9' => (path, ""),
        _ => {
            let word = path.split(['.', '|']).next()?;
            ["true", "false", "null"].contains(&word).then(|| path.split_at(word.len()))?
        }
    };
    Some((serde_json::from_str(literal).ok(), rest))
}
