//! What is piped into a verb: the fields of its body, and values for its other flags.

use std::fs::File;
use std::io::{self, ErrorKind, Read, stdin};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::document::Document;
use super::message::note;
use super::text;
use crate::cli::error::CliError;

/// The largest input that is read, far above what the API accepts.
const MAX_BYTES: u64 = 16 << 20;

/// How long to wait for a pipe that may stay empty: programs often start this one with a pipe that they never write to.
const WAIT_FOR_POSSIBLE: Duration = Duration::from_millis(100);

/// The same if the verb is given nothing else, so that the caller probably means to write to it.
const WAIT_FOR_PROBABLE: Duration = Duration::from_secs(5);

/// A map on standard input. As in `ant`, its keys are the names of fields, of parameters of the path and the query, and of
/// headers.
#[derive(Debug)]
pub(in crate::cli) struct Input(Document);

impl Input {
    /// The input of a verb that needs none.
    pub(super) const fn none() -> Self {
        Self(Document::empty())
    }

    /// Reads the map of JSON or YAML on standard input; an empty input is an empty map. A terminal is not read.
    ///
    /// # Errors
    /// The input is not a map, or is larger than 16 MiB.
    pub(super) fn read(is_probable: bool) -> Result<Self, CliError> {
        match read(is_probable)? {
            None => Ok(Self::none()),
            Some(map @ Document::Map(_)) => Ok(Self(map)),
            Some(_) => Err(no_map("it is not a map of fields")),
        }
    }

    /// The same for a verb without a body, which ignores what is not a map.
    ///
    /// # Errors
    /// The input is neither JSON nor YAML, or is larger than 16 MiB.
    pub(super) fn read_parameters() -> Result<Self, CliError> {
        Ok(Self(read(false)?.filter(|input| matches!(input, Document::Map(_))).unwrap_or_else(Document::empty)))
    }

    /// Takes the value of `key` out of the map: of a flag that was not given. Null is no value.
    ///
    /// # Errors
    /// It is a list or a map.
    pub(super) fn take(&mut self, key: &str) -> Result<Option<String>, CliError> {
        match self.0.take(key) {
            None | Some(Document::Null) => Ok(None),
            Some(value) => Ok(Some(scalar(key, value)?)),
        }
    }

    /// The same for a flag that is repeatable: its value may be a list.
    ///
    /// # Errors
    /// It is a map, or the list holds one.
    pub(super) fn take_all(&mut self, key: &str) -> Result<Vec<String>, CliError> {
        match self.0.take(key) {
            None | Some(Document::Null) => Ok(Vec::new()),
            Some(Document::List(values)) => values.into_iter().map(|value| scalar(key, value)).collect(),
            Some(value) => Ok(vec![scalar(key, value)?]),
        }
    }

    /// What is left: the fields of a body.
    pub(super) fn into_body(self) -> Document {
        self.0
    }
}

fn scalar(key: &str, value: Document) -> Result<String, CliError> {
    match value {
        Document::Text(text) => Ok(text),
        Document::Number(number) => Ok(number.to_string()),
        Document::Bool(truth) => Ok(truth.to_string()),
        Document::Null | Document::List(_) | Document::Map(_) => Err(no_map(&format!("{key} is not a text"))),
    }
}

fn no_map(why: &str) -> CliError {
    format!("standard input holds no body ({why}): give a map in JSON or YAML, or close it with </dev/null").into()
}

fn read(is_probable: bool) -> Result<Option<Document>, CliError> {
    if !has_input(is_probable)? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("standard input is larger than 16 MiB, the limit for a body".into());
    }
    let text = String::from_utf8(bytes).map_err(|_| no_map("it is not UTF-8"))?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    text::document(&text).map(Some).map_err(|why| no_map(&why))
}

/// A file always has input; a pipe has it if data arrives or the other end closes it before the timeout.
fn has_input(is_probable: bool) -> Result<bool, CliError> {
    let kind = match stdin().as_fd().try_clone_to_owned().and_then(|input| File::from(input).metadata()) {
        Ok(metadata) => metadata.file_type(),
        // The parent process closed it.
        Err(_) => return Ok(false),
    };
    if kind.is_file() {
        return Ok(true);
    }
    if !kind.is_fifo() && !kind.is_socket() {
        return Ok(false);
    }
    let max_wait = if is_probable { WAIT_FOR_PROBABLE } else { WAIT_FOR_POSSIBLE };
    let is_ready = wait_until_ready(max_wait).map_err(|error| format!("cannot wait for standard input: {error}"))?;
    if !is_ready && is_probable {
        note(&format!("nothing came on standard input in {} s; going on without it", max_wait.as_secs()));
    }
    Ok(is_ready)
}

fn wait_until_ready(max_wait: Duration) -> io::Result<bool> {
    let input = stdin();
    let timeout = Timespec::try_from(max_wait).map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
    loop {
        match poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&timeout)) {
            Err(Errno::INTR) => {}
            done => return Ok(done? > 0),
        }
    }
}
