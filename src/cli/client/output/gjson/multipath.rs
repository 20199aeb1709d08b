//! `{name:path,path}` and `[path,path]`: several paths at once.

use super::brackets::balanced;

/// The paths of a multipath.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Multipath<'a> {
    pub(super) is_map: bool,
    pub(super) selectors: Vec<Selector<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector<'a> {
    name: Option<&'a str>,
    pub(super) path: &'a str,
}

impl<'a> Multipath<'a> {
    /// Splits the multipath off that `path` begins with; `None` if it begins with none.
    pub(super) fn split(path: &'a str) -> Option<(Self, &'a str)> {
        let is_map = path.starts_with('{');
        if !is_map && !path.starts_with('[') {
            return None;
        }
        let whole = balanced(path);
        let inside = whole.get(1..whole.len() - 1).filter(|_| whole.ends_with(if is_map { '}' } else { ']' }))?;
        let rest = &path[whole.len()..];
        if !rest.is_empty() && !rest.starts_with(['.', '|']) {
            return None;
        }
        Some((Self { is_map, selectors: split_selectors(inside) }, rest))
    }
}

fn split_selectors(inside: &str) -> Vec<Selector<'_>> {
    let mut selectors = Vec::new();
    let (mut start, mut colon, mut is_in_modifier) = (0, None, false);
    let mut position = 0;
    while let Some(character) = inside[position..].chars().next() {
        let length = match character {
            '\\' => 1 + inside[position + 1..].chars().next().map_or(0, char::len_utf8),
            '[' | '(' | '{' | '"' => balanced(&inside[position..]).len(),
            _ => character.len_utf8(),
        };
        match character {
            '@' if inside[..position].ends_with(['.', '|']) => is_in_modifier = true,
            // The one of `@modifier:argument` belongs to the path.
            ':' if !is_in_modifier && colon.is_none() => colon = Some(position),
            ',' => {
                selectors.push(Selector::new(&inside[start..position], colon.map(|colon| colon - start)));
                (start, colon, is_in_modifier) = (position + 1, None, false);
            }
            _ => {}
        }
        position += length;
    }
    selectors.push(Selector::new(&inside[start..], colon.map(|colon| colon - start)));
    selectors
}

impl<'a> Selector<'a> {
    fn new(text: &'a str, colon: Option<usize>) -> Self {
        match colon {
            Some(colon) => Self { name: Some(&text[..colon]), path: &text[colon + 1..] },
            None => Self { name: None, path: text },
        }
    }

    /// The key of the value: the given name, else the last component of the path, if it is a plain one.
    pub(super) fn key(&self) -> String {
        match self.name {
            Some(name) if !name.is_empty() => serde_json::from_str(name).unwrap_or_else(|_| name.to_owned()),
            _ => {
                let last = last_component(self.path);
                let is_plain = !last.contains(|c: char| c < ' ' || "[]{}()#|!".contains(c));
                if is_plain { last.to_owned() } else { "_".to_owned() }
            }
        }
    }
}

fn last_component(path: &str) -> &str {
    let mut separators = path.match_indices(['.', '|']).map(|(position, _)| position);
    let last = separators.rfind(|&position| !path[..position].ends_with('\\'));
    last.map_or(path, |position| &path[position + 1..])
}
