//! Messages to a person at a terminal.

use std::io::{Write, stderr};

/// Prints a note to standard error: not a failure, but perhaps unexpected.
pub(in crate::cli) fn note(text: &str) {
    // If standard error is closed, only the note is lost.
    let _ = writeln!(stderr(), "note: {text}");
}

/// `text` on one line, with control characters escaped so that no terminal interprets them.
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
