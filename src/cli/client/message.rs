//! Text for a person at a terminal.

use std::io::{Write, stderr};

/// Tells on standard error what is no failure but may surprise.
pub(in crate::cli) fn note(text: &str) {
    // Nobody is there to be told, and nothing else is lost.
    let _ = writeln!(stderr(), "note: {text}");
}

/// `text` in one line that no terminal takes for a command: control characters are written as escapes.
pub(in crate::cli) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
