//! The body on standard input.

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

/// More than any server of this API takes, little enough to hold.
const MOST_BYTES: u64 = 16 << 20;

/// How long a pipe may stay silent when the flags already say what to send. A program that starts this one often leaves a
/// pipe open that it never writes to.
const BESIDE_FLAGS: Duration = Duration::from_millis(100);

/// The same when they say nothing: then a body is what the caller probably means to send.
const ALONE: Duration = Duration::from_secs(5);

/// The map of JSON or YAML on standard input; `None` when there is nothing. A terminal is not read.
///
/// # Errors
/// What is there is no map, or is too much.
pub(super) fn body(flags_say_something: bool) -> Result<Option<Document>, CliError> {
    if !has_input(flags_say_something)? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("standard input holds more than 16 MiB: no body is that large".into());
    }
    let read = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
    match read.and_then(|read| text::document(&read)) {
        Ok(Document::Null) => Ok(None),
        Ok(map @ Document::Map(_)) => Ok(Some(map)),
        Ok(_) => Err(no_body("it is no map of fields")),
        Err(why) => Err(no_body(&why)),
    }
}

fn no_body(why: &str) -> CliError {
    format!("standard input holds no body ({why}): give a map in JSON or YAML, or close it with </dev/null").into()
}

/// A file always has input; a pipe if something comes, or its other end is closed, within the wait limit.
fn has_input(flags_say_something: bool) -> Result<bool, CliError> {
    let kind = match stdin().as_fd().try_clone_to_owned().and_then(|input| File::from(input).metadata()) {
        Ok(metadata) => metadata.file_type(),
        // Closed by whoever started this.
        Err(_) => return Ok(false),
    };
    if kind.is_file() {
        return Ok(true);
    }
    if !kind.is_fifo() && !kind.is_socket() {
        return Ok(false);
    }
    let max_wait = if flags_say_something { BESIDE_FLAGS } else { ALONE };
    let stirs = stirs(max_wait).map_err(|error| format!("cannot wait for standard input: {error}"))?;
    if !stirs && !flags_say_something {
        note(&format!("nothing came on standard input in {} s; sending no fields", max_wait.as_secs()));
    }
    Ok(stirs)
}

fn stirs(max_wait: Duration) -> io::Result<bool> {
    let input = stdin();
    let timeout = Timespec::try_from(max_wait).map_err(|error| io::Error::new(ErrorKind::InvalidInput, error))?;
    loop {
        match poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&timeout)) {
            Err(Errno::INTR) => {}
            done => return Ok(done? > 0),
        }
    }
}
