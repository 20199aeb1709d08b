//! The paths that a source file names, in `use` and elsewhere, resolved to the crate's root.

/// A path that a file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    /// Of this crate, from its root: `domain::clock::Clock`. Empty or `*`: the root itself.
    Ours(String),
    /// Of another crate, or of something else in scope: its first word.
    Other(String),
}

/// Every path that `source` names, which is the module `module` (`storage::pool`).
pub(crate) fn paths(module: &str, source: &str) -> Vec<Named> {
    let file: Vec<&str> = module.split("::").filter(|word| !word.is_empty()).collect();
    let tokens = tokens(source);
    let token = |at: usize| tokens.get(at).copied().unwrap_or_default();
    // The names of the inline modules that surround a token; other braces have none.
    let mut braces: Vec<Option<&str>> = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut written = Vec::new();
        match token(at) {
            "{" => braces.push((at >= 2 && token(at - 2) == "mod").then(|| token(at - 1))),
            "}" => _ = braces.pop(),
            // `impl Trait + use<'a>` names nothing.
            "use" if token(at + 1) != "<" => at = read_tree(&tokens, at + 1, &mut Vec::new(), &mut written),
            "crate" if at > 0 && token(at - 1) == "extern" => written.push(vec![token(at + 1)]),
            first
                if is_word(first)
                    && token(at + 1) == "::"
                    && !KEYWORDS.contains(&first)
                    && !continues(&tokens[..at]) =>
            {
                let mut words = vec![first];
                while token(at + 1) == "::" && is_word(token(at + 2)) {
                    words.push(token(at + 2));
                    at += 2;
                }
                written.push(words);
            }
            _ => {}
        }
        let here: Vec<&str> = file.iter().copied().chain(braces.iter().copied().flatten()).collect();
        found.extend(written.iter().map(|words| resolve(&here, words)));
        at += 1;
    }
    found.sort();
    found.dedup();
    found
}

/// Whether a word after `before` goes on with a path that began with a type, as in `<T as Trait>::Out`; `-> ::sqlx::Error` does not.
fn continues(before: &[&str]) -> bool {
    matches!(before, [.., arrow, ">", "::"] if !["-", "="].contains(arrow))
}

/// Reads one tree of a `use` from `at` on, and answers where the next token stands.
fn read_tree<'s>(
    tokens: &[&'s str],
    mut at: usize,
    prefix: &mut Vec<&'s str>,
    leaves: &mut Vec<Vec<&'s str>>,
) -> usize {
    let depth = prefix.len();
    loop {
        match tokens.get(at).copied().unwrap_or(";") {
            "::" => {}
            "{" => {
                at += 1;
                while !matches!(tokens.get(at).copied(), Some("}") | None) {
                    at = read_tree(tokens, at, prefix, leaves);
                    at += usize::from(tokens.get(at) == Some(&","));
                }
                at += 1;
                break;
            }
            "," | "}" | ";" => {
                leaves.push(prefix.clone());
                break;
            }
            "as" => at += 1,
            "self" if !prefix.is_empty() => {}
            word => prefix.push(word),
        }
        at += 1;
    }
    prefix.truncate(depth);
    at
}

fn resolve(here: &[&str], words: &[&str]) -> Named {
    let rest = |from: usize| words[from..].iter().copied();
    let ours = |words: Vec<&str>| Named::Ours(words.join("::"));
    match words.first().copied().unwrap_or_default() {
        // `main.rs` calls the library by its name.
        "crate" | "uprof" => ours(rest(1).collect()),
        "self" => ours(here.iter().copied().chain(rest(1)).collect()),
        "super" => {
            let up = words.iter().take_while(|word| **word == "super").count();
            ours(here[..here.len().saturating_sub(up)].iter().copied().chain(rest(up)).collect())
        }
        other => Named::Other(other.to_owned()),
    }
}

/// Words that a path with a leading `::` may follow, as in `&mut ::time::Date`.
const KEYWORDS: &[&str] = &["as", "dyn", "else", "for", "if", "impl", "in", "match", "mut", "return", "where", "while"];

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The words and signs of `source`, without comments and literals. `::` is one sign.
fn tokens(source: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(rest.len());
        let skipped = comment(rest).or_else(|| literal(rest));
        let length = match skipped {
            Some(length) => length,
            None if rest.starts_with("::") => 2,
            None if word > 0 => word,
            None => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        if skipped.is_none() && !first.is_whitespace() {
            tokens.push(token);
        }
        rest = after;
    }
    tokens
}

/// The length of the comment that `text` starts with. Comments in a block nest.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    let mut depth = usize::from(text.starts_with("/*"));
    let mut at = 2;
    while depth > 0 && at < text.len() {
        match text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.starts_with("/*").then_some(at)
}

/// The length of the text or character that `text` starts with.
fn literal(text: &str) -> Option<usize> {
    for prefix in ["br", "cr", "r"] {
        let Some(body) = text.strip_prefix(prefix) else { continue };
        let hashes = body.len() - body.trim_start_matches('#').len();
        if let Some(inner) = body[hashes..].strip_prefix('"') {
            let end = format!("\"{}", &body[..hashes]);
            return Some(text.len() - inner.len() + inner.find(&end).map_or(inner.len(), |at| at + end.len()));
        }
    }
    let body = text.strip_prefix(['b', 'c']).filter(|body| body.starts_with(['"', '\''])).unwrap_or(text);
    let prefix = text.len() - body.len();
    let mut inside = body.chars().skip(1);
    match (body.chars().next()?, inside.next(), inside.next()) {
        ('"', ..) => Some(prefix + quoted(body, '"')),
        ('\'', Some('\\'), _) | ('\'', _, Some('\'')) => Some(prefix + quoted(body, '\'')),
        // Any other quote is a lifetime's.
        _ => None,
    }
}

/// The length of what stands between `mark`s, marks included.
fn quoted(text: &str, mark: char) -> usize {
    let mut escaped = true; // the opening mark
    for (at, next) in text.char_indices() {
        if next == mark && !escaped {
            return at + 1;
        }
        escaped = next == '\\' && !escaped;
    }
    text.len()
}

#[test]
fn every_form_of_a_path_is_found() {
    let source = r##"
        use crate::{a::{self, b::C}, d as e, f::*};
        use super::sibling; pub use self::child::Thing;
        use ::serde::Serialize; use sqlx;
        extern crate clap;
        type T = Vec<<crate::g::H as Trait<'static>>::serde_json::Out>; fn g(_: &mut ::time::Date) -> ::uuid::Uuid {}
        fn f<'a>() -> impl Trait + use<'a> { $crate::i::j!('\'', b'"', "use crate::no", r#"crate::no::"no"#) }
        mod tests { use super::*; mod deep { use super::super::own; } }
        // crate::no /* "
        /* use crate::no; /* nested */ crate::no::no */
        pub(crate) const N: u8 = tokio::max(crate::k, 'c');
    "##;
    let ours = [
        "a",
        "a::b::C",
        "d",
        "f::*",
        "g::H",
        "i::j",
        "k",
        "module::file::*",
        "module::file::child::Thing",
        "module::file::own",
        "module::sibling",
    ];
    let others = ["clap", "serde", "sqlx", "time", "tokio", "uuid"];
    let expected: Vec<_> = ours.map(|path| Named::Ours(path.into())).into_iter().collect();
    let expected: Vec<_> = expected.into_iter().chain(others.map(|name| Named::Other(name.into()))).collect();
    assert_eq!(paths("module::file", source), expected);
}

#[test]
fn a_glob_import_of_the_crate_names_its_root() {
    for source in ["use crate as all;", "use crate::*;", "use crate::{self as all};", "use super::super::*;"] {
        let named = paths("module::file", source);
        assert!(matches!(&named[..], [Named::Ours(path)] if path.is_empty() || path == "*"), "{source} {named:?}");
    }
}
