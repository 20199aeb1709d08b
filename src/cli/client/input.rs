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

/// The largest body that is read, far above what the API accepts.
const MAX_BYTES: u64 = 16 << 20;

/// How long to wait for a pipe if flags already give fields: programs often start this one with a pipe that they never
/// write to.
const WAIT_WITH_FLAGS: Duration = Duration::from_millis(100);

/// The same if no flag gives a field, so that the caller probably means to send a body.
const WAIT_WITHOUT_FLAGS: Duration = Duration::from_secs(5);

/// Reads the map of JSON or YAML on standard input; `None` if there is none. A terminal is not read.
///
/// # Errors
/// The input is not a map, or is larger than 16 MiB.
pub(super) fn body(has_flags: bool) -> Result<Option<Document>, CliError> {
    if !has_input(has_flags)? {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read standard input: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("standard input is larger than 16 MiB, the limit for a body".into());
    }
    let read = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned());
    match read.and_then(|read| text::document(&read)) {
        Ok(Document::Null) => Ok(None),
        Ok(map @ Document::Map(_)) => Ok(Some(map)),
        Ok(_) => Err(no_body("it is not a map of fields")),
        Err(why) => Err(no_body(&why)),
    }
}

fn no_body(why: &str) -> CliError {
    format!("standard input holds no body ({why}): give a map in JSON or YAML, or close it with </dev/null").into()
}

/// A file always has input; a pipe has it if data arrives or the other end closes it before the timeout.
fn has_input(has_flags: bool) -> Result<bool, CliError> {
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
    let max_wait = if has_flags { WAIT_WITH_FLAGS } else { WAIT_WITHOUT_FLAGS };
    let is_ready = wait_until_ready(max_wait).map_err(|error| format!("cannot wait for standard input: {error}"))?;
    if !is_ready && !has_flags {
        note(&format!("nothing came on standard input in {} s; sending no fields", max_wait.as_secs()));
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
