//! What verbs print: text for people, JSON for programs.

use std::io::Write;

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::error::VerbResult;

/// The forms of what a verb prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Something that can be printed in either form.
pub(in crate::cli) trait Show: Serialize {
    /// One line for people.
    fn text(&self) -> String;
}

/// Prints one thing.
pub(in crate::cli) fn one(format: Format, shown: &impl Show) -> VerbResult {
    match format {
        Format::Text => line(&shown.text()),
        Format::Json => line(&serde_json::to_string(shown)?),
    }
}

/// Prints several: a line each, or one JSON array.
pub(in crate::cli) fn all<S: Show>(format: Format, shown: &[S]) -> VerbResult {
    match format {
        Format::Text => shown.iter().try_for_each(|each| line(&each.text())),
        Format::Json => line(&serde_json::to_string(shown)?),
    }
}

/// Prints `text`. A reader that has gone away (`uprof … | head`) is no failure.
pub(in crate::cli) fn line(text: &str) -> VerbResult {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
