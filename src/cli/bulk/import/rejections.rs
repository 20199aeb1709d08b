//! The file of rejected lines.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;

use super::read::line::Rejection;
use crate::cli::bulk::progress::Progress;
use crate::cli::client::message::one_line;
use crate::cli::error::CliError;

/// How many lines are named on standard error when there is no file for them.
const NAMED: u64 = 10;

/// Where rejected lines go.
#[derive(Debug)]
pub(super) enum Rejections {
    File(File),
    /// Standard error, and how many were named.
    Standard(u64),
}

/// A line of the file.
#[derive(Serialize)]
struct RejectedLine<'r> {
    line_number: u64,
    reason: &'r str,
    line: &'r str,
}

impl Rejections {
    /// Writes to the file at `path`, of which the first `kept` bytes stay: those that an earlier run recorded.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn open(path: Option<&Path>, kept: u64) -> Result<Self, CliError> {
        let Some(path) = path else { return Ok(Self::Standard(0)) };
        let opened = || -> io::Result<File> {
            let mut file = File::options().create(true).truncate(false).write(true).open(path)?;
            let kept = kept.min(file.metadata()?.len());
            file.set_len(kept)?;
            file.seek(SeekFrom::Start(kept))?;
            Ok(file)
        };
        opened().map(Self::File).map_err(|error| format!("cannot write {}: {error}", path.display()).into())
    }

    /// Adds lines, for good.
    ///
    /// # Errors
    /// They cannot be written.
    pub(super) fn add(&mut self, rejected: &[Rejection], progress: &Progress) -> io::Result<()> {
        match self {
            Self::File(file) => {
                let mut text = Vec::new();
                for Rejection { number, text: line, reason } in rejected {
                    serde_json::to_writer(&mut text, &RejectedLine { line_number: *number, reason, line })?;
                    text.push(b'\n');
                }
                if !text.is_empty() {
                    file.write_all(&text)?;
                    file.sync_data()?;
                }
            }
            Self::Standard(named) => {
                for Rejection { number, reason, .. } in rejected {
                    if *named < NAMED {
                        progress.note(&format!("line {number} is rejected: {}", one_line(reason)));
                    } else if *named == NAMED {
                        progress.note("more lines are rejected; --errors FILE stores all of them");
                    }
                    *named += 1;
                }
            }
        }
        Ok(())
    }

    /// How long the file is.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn bytes(&self) -> io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Standard(_) => Ok(0),
        }
    }
}
