//! The first component of a path, and what follows it.

use super::modifier::Modifier;

/// How a path goes on after a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest<'a> {
    /// It has ended.
    End,
    /// `.`: the rest is a path in the value.
    Inside(&'a str),
    /// `|`, or `.` before a modifier or a multipath: the rest is a path of its own on the value.
    Piped(&'a str),
}

/// A component that names a key of a map.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyPattern(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Character(char),
    /// `?`
    AnyCharacter,
    /// `*`
    AnyText,
}

impl KeyPattern {
    /// Splits the first component off `path`. A backslash takes the special meaning of the next character.
    pub(super) fn split(path: &str) -> (Self, Rest<'_>) {
        let mut tokens = Vec::new();
        let mut characters = path.char_indices();
        while let Some((position, character)) = characters.next() {
            match character {
                '.' | '|' => return (Self(tokens), rest_after(path, position)),
                '\\' => tokens.extend(characters.next().map(|(_, escaped)| Token::Character(escaped))),
                _ => tokens.push(Token::of(character)),
            }
        }
        (Self(tokens), Rest::End)
    }

    /// The pattern of a whole text, for the operator `%`.
    pub(super) fn whole(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => tokens.extend(characters.next().map(Token::Character)),
                _ => tokens.push(Token::of(character)),
            }
        }
        Self(tokens)
    }

    /// Whether it has no wildcard, so that it matches one key at most.
    pub(super) fn is_exact(&self) -> bool {
        self.0.iter().all(|token| matches!(token, Token::Character(_)))
    }

    /// Whether it matches all of `text`. Takes at most their lengths multiplied.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text: Vec<_> = text.chars().collect();
        let (mut token, mut position) = (0, 0);
        // Where to go on if the text does not match: after the last `*`, which then takes one character more.
        let mut retry = None;
        while position < text.len() {
            match self.0.get(token) {
                Some(Token::AnyText) => {
                    retry = Some((token, position));
                    token += 1;
                }
                Some(Token::AnyCharacter) => {
                    token += 1;
                    position += 1;
                }
                Some(Token::Character(expected)) if *expected == text[position] => {
                    token += 1;
                    position += 1;
                }
                _ => match retry {
                    Some((star, skipped)) => {
                        retry = Some((star, skipped + 1));
                        token = star + 1;
                        position = skipped + 1;
                    }
                    None => return false,
                },
            }
        }
        self.0[token..].iter().all(|token| *token == Token::AnyText)
    }
}

impl Token {
    fn of(character: char) -> Self {
        match character {
            '*' => Self::AnyText,
            '?' => Self::AnyCharacter,
            other => Self::Character(other),
        }
    }
}

/// What follows the separator at `position` of `path`.
pub(super) fn rest_after(path: &str, position: usize) -> Rest<'_> {
    let rest = &path[position + 1..];
    let is_piped = path[position..].starts_with('|')
        || rest.starts_with(['[', '{'])
        || rest.strip_prefix('@').is_some_and(|named| Modifier::named_at_start(named).is_some());
    if is_piped { Rest::Piped(rest) } else { Rest::Inside(rest) }
}
