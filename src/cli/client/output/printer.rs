//! Prints answers and errors.

use std::io::{ErrorKind, Write, stdout};

use super::format::AnswerFormat;
use super::{gjson, readable};
use crate::cli::client::document::Document;
use crate::cli::client::message::{note, one_line};
use crate::cli::error::CliError;

/// Whether standard output still has a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum StdoutState {
    Open,
    Closed,
}

/// Prints answers to standard output.
#[derive(Debug)]
pub(in crate::cli) struct Printer {
    format: AnswerFormat,
    transform: Option<String>,
    raw_output: bool,
    has_printed: bool,
    has_noted: bool,
}

impl Printer {
    /// `transform` is a GJSON path; with `raw_output`, strings are printed without quotes.
    pub(in crate::cli) const fn new(format: AnswerFormat, transform: Option<String>, raw_output: bool) -> Self {
        Self { format, transform, raw_output, has_printed: false, has_noted: false }
    }

    /// Whether a list is printed as the server sent it, instead of profile by profile.
    pub(in crate::cli) fn is_raw(&self) -> bool {
        self.format == AnswerFormat::Raw
    }

    /// Prints the body of an answer.
    ///
    /// # Errors
    /// It is not JSON, or standard output cannot be written.
    pub(in crate::cli) fn print(&mut self, json: &str) -> Result<StdoutState, CliError> {
        let not_json =
            |error| format!("the answer is not JSON ({error}): does --base-url name a user-profile service?");
        let document: Document = serde_json::from_str(json).map_err(not_json)?;
        if !self.is_raw() {
            return self.print_document(document);
        }
        match self.found_in(&document) {
            Some(Document::Text(text)) if self.raw_output => write(&format!("{text}\n")),
            Some(found) => write(&format!("{}\n", serde_json::to_string(&found)?)),
            None => write(&format!("{}\n", json.trim_end())),
        }
    }

    /// Prints one document, in any format but `raw`.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(in crate::cli) fn print_document(&mut self, document: Document) -> Result<StdoutState, CliError> {
        let document = self.found_in(&document).unwrap_or(document);
        let text = match (&document, self.format) {
            (Document::Text(text), _) if self.raw_output => text.clone(),
            (_, AnswerFormat::Jsonl | AnswerFormat::Raw) => serde_json::to_string(&document)?,
            (_, AnswerFormat::Auto | AnswerFormat::Explore | AnswerFormat::Json) => {
                serde_json::to_string_pretty(&document)?
            }
            (_, AnswerFormat::Pretty) => readable::lines(&document),
            (_, AnswerFormat::Yaml) => {
                let mut yaml = serde_saphyr::to_string(&document)?;
                // No more than one line break: the others belong to the last value.
                if yaml.ends_with('\n') {
                    yaml.pop();
                }
                yaml
            }
        };
        let separator = match self.format {
            AnswerFormat::Yaml if self.has_printed => "---\n",
            AnswerFormat::Pretty if self.has_printed => "\n",
            _ => "",
        };
        self.has_printed = true;
        write(&format!("{separator}{text}\n"))
    }

    /// Prints the body of an error, which need not be JSON.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(in crate::cli) fn print_error(&mut self, body: &str) -> Result<(), CliError> {
        if body.trim().is_empty() {
            return Ok(());
        }
        if self.print(body).is_err() {
            write(&format!("{}\n", body.trim_end()))?;
        }
        Ok(())
    }

    /// What the path of `--transform` selects; if it selects nothing, everything is printed.
    fn found_in(&mut self, document: &Document) -> Option<Document> {
        let path = self.transform.as_deref().filter(|path| !path.is_empty())?;
        let found = gjson::select(document, path);
        let why = match (gjson::unknown_in(path), &found) {
            (Some(name), _) => Some(format!("the path {} uses @{name} as a key: it is no modifier", one_line(path))),
            (None, None) => Some(format!("the path {} finds nothing; printing everything", one_line(path))),
            (None, Some(_)) => None,
        };
        if let Some(why) = why.filter(|_| !self.has_noted) {
            self.has_noted = true;
            note(&why);
        }
        found
    }
}

fn write(text: &str) -> Result<StdoutState, CliError> {
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(StdoutState::Open),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(StdoutState::Closed),
        Err(error) => Err(format!("cannot write to standard output: {error}").into()),
    }
}
