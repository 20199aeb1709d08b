//! Applies a path to a document.

use super::brackets::split_at_pipe;
use super::key::{KeyPattern, Rest, rest_after};
use super::literal;
use super::modifier::Modifier;
use super::multipath::Multipath;
use super::query::Query;
use crate::cli::client::document::Document;

/// What `path` selects from `document`; `None` if nothing.
pub(in crate::cli) fn select(document: &Document, path: &str) -> Option<Document> {
    selected(Some(document), path)
}

/// The same where an earlier part of the path may have selected nothing: modifiers and literals have a value all the same.
fn selected(value: Option<&Document>, path: &str) -> Option<Document> {
    if let Some((result, rest)) = special(value, path) {
        return match rest.strip_prefix(['.', '|']) {
            Some(rest) => selected(result.as_ref(), rest),
            None => result,
        };
    }
    let found = match (value, path.strip_prefix("..")) {
        // As lines of JSON, a document is one of them.
        (Some(value), Some(path)) => inside(&Document::List(vec![value.clone()]), path),
        (Some(value), None) => inside(value, path),
        (None, _) => Found::default(),
    };
    match found.pipe {
        Some(pipe) => selected(found.value.as_ref(), pipe),
        None => found.value,
    }
}

/// The value of a modifier, a literal or a multipath, and what follows it; `None` if `path` begins with none.
fn special<'a>(value: Option<&Document>, path: &'a str) -> Option<(Option<Document>, &'a str)> {
    if let Some(named) = path.strip_prefix('@') {
        let (modifier, argument, rest) = Modifier::split(named)?;
        return Some(match (modifier, value) {
            (Modifier::Dig, value) => {
                (Some(Document::List(value.map_or_else(Vec::new, |value| dig(value, argument)))), rest)
            }
            (modifier, value) => (modifier.apply(value.cloned(), argument), rest),
        });
    }
    if let Some(literal) = path.strip_prefix('!') {
        return literal::split(literal);
    }
    let (multipath, rest) = Multipath::split(path)?;
    let selectors = multipath.selectors.iter();
    let found = selectors.filter_map(|selector| Some((selector.key(), selected(value, selector.path)?)));
    Some(if multipath.is_map {
        let mut map = Document::empty();
        for (key, value) in found {
            map.set(&key, value);
        }
        (Some(map), rest)
    } else {
        (Some(Document::List(found.map(|(_, value)| value).collect())), rest)
    })
}

/// What `path` selects from `value` and from everything in it.
fn dig(value: &Document, path: &str) -> Vec<Document> {
    let mut all: Vec<_> = select(value, path).into_iter().collect();
    match value {
        Document::List(items) => all.extend(items.iter().flat_map(|item| dig(item, path))),
        Document::Map(pairs) => all.extend(pairs.iter().flat_map(|(_, value)| dig(value, path))),
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::Text(_) => {}
    }
    all
}

/// A value, and the path that is still to be applied to it.
#[derive(Default)]
struct Found<'a> {
    value: Option<Document>,
    pipe: Option<&'a str>,
}

/// Follows the keys and indexes of `path` up to its first pipe.
fn inside<'a>(value: &Document, path: &'a str) -> Found<'a> {
    match value {
        Document::Map(pairs) => in_map(pairs, path),
        Document::List(items) => in_list(items, path),
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::Text(_) => Found::default(),
    }
}

/// Follows `rest` in the value that a component has selected.
fn follow<'a>(value: &Document, rest: Rest<'a>) -> Found<'a> {
    match rest {
        Rest::End => Found { value: Some(value.clone()), pipe: None },
        Rest::Piped(pipe) => Found { value: Some(value.clone()), pipe: Some(pipe) },
        Rest::Inside(path) => inside(value, path),
    }
}

/// A component that selects nothing, before `rest`.
fn nothing(rest: Rest<'_>) -> Found<'_> {
    match rest {
        Rest::Piped(pipe) => Found { value: None, pipe: Some(pipe) },
        Rest::End | Rest::Inside(_) => Found::default(),
    }
}

fn in_map<'a>(pairs: &[(String, Document)], path: &'a str) -> Found<'a> {
    let (pattern, rest) = KeyPattern::split(path);
    let mut missed = nothing(rest);
    for (_, value) in pairs.iter().filter(|(key, _)| pattern.matches(key)) {
        let found = follow(value, rest);
        if found.value.is_some() || pattern.is_exact() {
            return found;
        }
        // The path may go on under another key that the pattern matches.
        missed = found;
    }
    missed
}

fn in_list<'a>(items: &[Document], path: &'a str) -> Found<'a> {
    if let Some(after) = path.strip_prefix('#') {
        return match Query::split(after) {
            Some((query, after)) => queried(items, &query, after),
            None => counted(items, after),
        };
    }
    let end = path.find(['.', '|']).unwrap_or(path.len());
    let rest = if end < path.len() { rest_after(path, end) } else { Rest::End };
    let index = path[..end].parse().ok().filter(|_| path.starts_with(|digit: char| digit.is_ascii_digit()));
    match index.and_then(|index: usize| items.get(index)) {
        Some(item) => follow(item, rest),
        None => nothing(rest),
    }
}

/// `#`: the number of elements; `#.path`: what the path selects from each.
fn counted<'a>(items: &[Document], after: &'a str) -> Found<'a> {
    let count = || Some(Document::Number(items.len().into()));
    if let Some(path) = after.strip_prefix('.') {
        let (path, pipe) = split_at_pipe(path);
        let found = items.iter().filter_map(|item| select(item, path)).collect();
        return Found { value: Some(Document::List(found)), pipe };
    }
    match after.strip_prefix('|') {
        Some(pipe) => Found { value: count(), pipe: Some(pipe) },
        None if after.is_empty() => Found { value: count(), pipe: None },
        None => Found::default(),
    }
}

/// `#(query)`: the first element that fulfils it; `#(query)#`: all of them.
fn queried<'a>(items: &[Document], query: &Query<'_>, after: &'a str) -> Found<'a> {
    let is_match = |item: &&Document| match item {
        _ if query.path.is_empty() && !matches!(item, Document::List(_) | Document::Map(_)) => {
            query.matches(Some(*item))
        }
        Document::List(_) | Document::Map(_) => query.matches(select(item, query.path).as_ref()),
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::Text(_) => false,
    };
    let mut matching = items.iter().filter(is_match).peekable();
    let (is_all, after) = match after.strip_prefix('#') {
        Some(after) => (true, after),
        None => (false, after),
    };
    let (path, pipe) = match (after.strip_prefix('.'), after.strip_prefix('|')) {
        (Some(path), _) => {
            let (path, pipe) = split_at_pipe(path);
            (Some(path), pipe)
        }
        (None, pipe) => (None, pipe),
    };
    // Without a match, a pipe after a path is not reached.
    let pipe = pipe.filter(|_| path.is_none() || matching.peek().is_some());
    let select_in = |item: &Document| path.map_or_else(|| Some(item.clone()), |path| select(item, path));
    let value = if is_all {
        Some(Document::List(matching.filter_map(select_in).collect()))
    } else {
        matching.next().and_then(select_in)
    };
    Found { value, pipe }
}
