//! What verbs print: text for people, JSON for programs.

use std::io::{ErrorKind, Write, stdout};

use clap::ValueEnum;
use serde::Serialize;

use super::error::VerbResult;

/// The values of `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// An object in both formats.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Printable<T> {
    json: T,
    /// One line.
    #[serde(skip)]
    text: String,
}

impl<T: Serialize> Printable<T> {
    pub(super) const fn new(json: T, text: String) -> Self {
        Self { json, text }
    }

    /// Prints one object.
    pub(super) fn print(&self, format: OutputFormat) -> VerbResult {
        match format {
            OutputFormat::Text => print_line(&self.text),
            OutputFormat::Json => print_line(&serde_json::to_string(self)?),
        }
    }

    /// Prints several objects: one line each, or one JSON array.
    pub(super) fn print_all(all: &[Self], format: OutputFormat) -> VerbResult {
        match format {
            OutputFormat::Text => all.iter().try_for_each(|each| print_line(&each.text)),
            OutputFormat::Json => print_line(&serde_json::to_string(all)?),
        }
    }
}

/// Prints a line to standard output. A reader that has closed it (`uprof … | head`) is not an error.
pub(super) fn print_line(text: &str) -> VerbResult {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
