//! The verbs of the API's own command line: requests to a service that runs here or elsewhere.
//! May know `config`, and of its parent only how a verb ends; what it says to a service is all that it knows of one.

use std::io::{Write, stderr};

mod base_url;
mod document;
mod fields;
mod input;
mod list;
mod namespace;
mod options;
mod output;
mod text;
mod transport;
mod verbs;

pub(super) use namespace::{Beta, General};
pub(super) use options::Options;
pub(super) use verbs::{ActionUrls, Profiles};

use super::{CliError, VerbResult};

/// The path of the collection.
const PROFILES: &str = "/v1/user_profiles";

/// Tells on standard error what is no failure but may surprise.
fn note(text: &str) {
    // Nobody is there to be told, and nothing else is lost.
    let _ = writeln!(stderr(), "note: {text}");
}

/// `text` in one line that no terminal takes for a command: control characters are written as escapes.
fn one_line(text: &str) -> String {
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
