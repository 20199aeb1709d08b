//! The forms in which answers are printed.

use std::io::{ErrorKind, Write, stdout};

use super::format::AnswerFormat;
use super::{readable, transform};
use crate::cli::client::document::Document;
use crate::cli::client::message::{note, one_line};
use crate::cli::error::CliError;

/// Whether somebody still reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Audience {
    Listening,
    Gone,
}

/// Prints answers to standard output.
#[derive(Debug)]
pub(in crate::cli) struct Printer {
    format: AnswerFormat,
    transform: Option<String>,
    raw_output: bool,
    has_printed: bool,
    has_missed: bool,
}

impl Printer {
    /// `transform` is a GJSON path; with `raw_output`, a text is printed without quotes.
    pub(in crate::cli) const fn new(format: AnswerFormat, transform: Option<String>, raw_output: bool) -> Self {
        Self { format, transform, raw_output, has_printed: false, has_missed: false }
    }

    /// Whether a list is printed as the server sent it, and not profile by profile.
    pub(in crate::cli) fn is_raw(&self) -> bool {
        self.format == AnswerFormat::Raw
    }

    /// Prints `json`, which a server sent.
    ///
    /// # Errors
    /// It is no JSON, or cannot be written.
    pub(in crate::cli) fn print(&mut self, json: &str) -> Result<Audience, CliError> {
        let not_json = |error| format!("the answer is no JSON ({error}): does --base-url name a user-profile service?");
        let document: Document = serde_json::from_str(json).map_err(not_json)?;
        if !self.is_raw() {
            return self.print_document(document);
        }
        match self.found_in(json) {
            Some(found) => write(&format!("{}\n", self.without_quotes(&found).unwrap_or(found))),
            None => write(&format!("{}\n", json.trim_end())),
        }
    }

    /// Prints one thing by itself, in any form but `raw`.
    ///
    /// # Errors
    /// It cannot be written.
    pub(in crate::cli) fn print_document(&mut self, document: Document) -> Result<Audience, CliError> {
        let found = match self.transform {
            Some(_) => self.found_in(&serde_json::to_string(&document)?),
            None => None,
        };
        let document = match found {
            Some(found) => serde_json::from_str(&found).unwrap_or(Document::Text(found)),
            None => document,
        };
        let text = match (&document, self.format) {
            (Document::Text(text), _) if self.raw_output => text.clone(),
            (_, AnswerFormat::Jsonl | AnswerFormat::Raw) => serde_json::to_string(&document)?,
            (_, AnswerFormat::Auto | AnswerFormat::Json) => serde_json::to_string_pretty(&document)?,
            (_, AnswerFormat::Pretty) => readable::lines(&document),
            (_, AnswerFormat::Yaml) => serde_saphyr::to_string(&document)?.trim_end().to_owned(),
        };
        let between = match self.format {
            AnswerFormat::Yaml if self.has_printed => "---\n",
            AnswerFormat::Pretty if self.has_printed => "\n",
            _ => "",
        };
        self.has_printed = true;
        write(&format!("{between}{text}\n"))
    }

    /// Prints the body of an error, which may be anything.
    ///
    /// # Errors
    /// It cannot be written.
    pub(in crate::cli) fn print_error(&mut self, body: &str) -> Result<(), CliError> {
        if body.trim().is_empty() {
            return Ok(());
        }
        if self.print(body).is_err() {
            write(&format!("{}\n", body.trim_end()))?;
        }
        Ok(())
    }

    /// The text that `json` is, if `--raw-output` asks for it.
    fn without_quotes(&self, json: &str) -> Option<String> {
        if self.raw_output { serde_json::from_str(json).ok() } else { None }
    }

    /// What the path of `--transform` finds; all is printed when it finds nothing.
    fn found_in(&mut self, json: &str) -> Option<String> {
        let path = self.transform.as_deref()?;
        let found = transform::find(json, path);
        if found.is_none() && !self.has_missed {
            self.has_missed = true;
            note(&format!("the path {} finds nothing; printing everything", one_line(path)));
        }
        found
    }
}

fn write(text: &str) -> Result<Audience, CliError> {
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(Audience::Listening),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Audience::Gone),
        Err(error) => Err(format!("cannot write to standard output: {error}").into()),
    }
}
