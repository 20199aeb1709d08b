//! Where brackets and strings in a path end.

/// Splits `path` at its first `|` outside of brackets and strings: what is before it is applied to each element of a list, what
/// follows to the list of the results.
pub(super) fn split_at_pipe(path: &str) -> (&str, Option<&str>) {
    let mut position = 0;
    while let Some(character) = path[position..].chars().next() {
        match character {
            '|' => return (&path[..position], Some(&path[position + 1..])),
            '\\' => position += 1 + path[position + 1..].chars().next().map_or(0, char::len_utf8),
            '[' | '(' | '{' | '"' => position += balanced(&path[position..]).len(),
            _ => position += character.len_utf8(),
        }
    }
    (path, None)
}

/// The shortest beginning of `text` in which the bracket or the quote that it begins with is closed, or all of it.
pub(super) fn balanced(text: &str) -> &str {
    let mut depth = 0_u32;
    let mut is_string = false;
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '"' => is_string = !is_string,
            '[' | '(' | '{' if !is_string => depth += 1,
            ']' | ')' | '}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !is_string && (position > 0 || !text.starts_with('"')) {
            return &text[..position + character.len_utf8()];
        }
    }
    text
}
