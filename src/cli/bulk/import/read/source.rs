//! The file that is imported, or standard input.

use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read, Seek, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest, Sha256};

use super::line::Record;
use super::mapping::Mapping;
use super::ndjson::JsonLines;
use super::table::Table;
use crate::api::ApiVersion;
use crate::api::export::ExportFormat;
use crate::cli::bulk::file_format::is_gzip;
use crate::cli::error::CliError;

/// How much is read at once, in bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// A file that no other import reads until this is dropped.
#[derive(Debug)]
pub(in crate::cli::bulk::import) struct Source {
    path: PathBuf,
    file: File,
    /// Of its bytes.
    pub(in crate::cli::bulk::import) sha256: [u8; 32],
    pub(in crate::cli::bulk::import) bytes: u64,
    modified: Option<SystemTime>,
}

impl Source {
    /// Opens the file at `path` and reads it once, for its digest.
    ///
    /// # Errors
    /// It cannot be read, or another import reads it.
    pub(in crate::cli::bulk::import) fn open(path: &Path) -> Result<Self, CliError> {
        let failed = |error: io::Error| format!("cannot read {}: {error}", path.display());
        let mut file = File::open(path).map_err(failed)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| format!("another import of {} is running", path.display()))?;
        let metadata = file.metadata().map_err(failed)?;
        let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
        loop {
            match file.read(&mut piece).map_err(failed)? {
                0 => break,
                length => digest.update(&piece[..length]),
            }
        }
        Ok(Self {
            path: path.to_owned(),
            sha256: digest.finalize().into(),
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
            file,
        })
    }

    /// The bytes of the file from its beginning, and how many of them were read.
    ///
    /// # Errors
    /// It cannot be read.
    pub(in crate::cli::bulk::import) fn read(&self) -> io::Result<(Box<dyn Read>, Arc<AtomicU64>)> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        let position = Arc::new(AtomicU64::new(0));
        let counted = BufReader::with_capacity(PIECE_BYTES, Counted { file, position: Arc::clone(&position) });
        let input: Box<dyn Read> =
            if is_gzip(&self.path) { Box::new(MultiGzDecoder::new(counted)) } else { Box::new(counted) };
        Ok((input, position))
    }

    /// Checks that the file is still the one that was opened.
    ///
    /// # Errors
    /// It was changed or replaced.
    pub(in crate::cli::bulk::import) fn check_unchanged(&self) -> Result<(), CliError> {
        let is_same = |now: &Metadata| now.len() == self.bytes && now.modified().ok() == self.modified;
        match std::fs::metadata(&self.path) {
            Ok(now) if is_same(&now) => Ok(()),
            _ => Err(format!("{} was changed while it was imported", self.path.display()).into()),
        }
    }
}

/// The records of a file.
pub(in crate::cli::bulk::import) enum Records {
    Json(JsonLines<BufReader<Box<dyn Read>>>),
    Table(Table),
}

impl Records {
    /// Reads `input`.
    ///
    /// # Errors
    /// The file lacks a column that is mapped.
    pub(in crate::cli::bulk::import) fn new(
        input: Box<dyn Read>,
        format: ExportFormat,
        forced: Option<ApiVersion>,
        mappings: &[Mapping],
    ) -> io::Result<Self> {
        Ok(match format {
            ExportFormat::Ndjson => {
                let input = BufReader::with_capacity(PIECE_BYTES, input);
                Self::Json(JsonLines::new(input, forced, mappings.to_vec()))
            }
            ExportFormat::Csv => Self::Table(Table::new(input, forced, mappings)?),
        })
    }

    /// The next record; `None` at the end.
    pub(in crate::cli::bulk::import) fn next(&mut self) -> io::Result<Option<Record>> {
        match self {
            Self::Json(lines) => lines.next(),
            Self::Table(table) => table.next(),
        }
    }
}

/// Standard input.
pub(in crate::cli::bulk::import) fn standard_input() -> Box<dyn Read> {
    Box::new(stdin())
}

struct Counted {
    file: File,
    position: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.position.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(length)
    }
}
