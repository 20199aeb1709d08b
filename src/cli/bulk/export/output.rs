//! Where an export is written to: a file that has its name only when it is complete, or standard output.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fs::{FlockOperation, flock};

use crate::cli::bulk::file_format::{STANDARD_STREAM, is_gzip};
use crate::cli::error::CliError;

/// The output of an export.
pub(super) enum Output {
    Standard(BufWriter<Stdout>),
    Plain(BufWriter<File>, PathBuf),
    Gzip(GzEncoder<BufWriter<File>>, PathBuf),
}

impl Output {
    /// Begins to write what will be `path`.
    ///
    /// # Errors
    /// The file cannot be written, or another export writes it.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        if path == Path::new(STANDARD_STREAM) {
            return Ok(Self::Standard(BufWriter::new(stdout())));
        }
        let partial = partial(path);
        let opened = File::options().create(true).write(true).truncate(false).open(&partial);
        let file = opened.map_err(|error| format!("cannot write {}: {error}", partial.display()))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| format!("another export writes {}", partial.display()))?;
        file.set_len(0).map_err(|error| format!("cannot write {}: {error}", partial.display()))?;
        let file = BufWriter::new(file);
        Ok(if is_gzip(path) {
            Self::Gzip(GzEncoder::new(file, Compression::fast()), path.to_owned())
        } else {
            Self::Plain(file, path.to_owned())
        })
    }

    /// Gives the complete file its name.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn finish(self) -> io::Result<()> {
        let (file, path) = match self {
            Self::Standard(mut output) => return output.flush(),
            Self::Plain(file, path) => (file, path),
            Self::Gzip(encoder, path) => (encoder.finish()?, path),
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(partial(&path), &path)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(output) => output.write(bytes),
            Self::Plain(file, _) => file.write(bytes),
            Self::Gzip(encoder, _) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(output) => output.flush(),
            Self::Plain(file, _) => file.flush(),
            Self::Gzip(encoder, _) => encoder.flush(),
        }
    }
}

/// The name of `path` until it is complete.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(".partial");
    path.with_file_name(name)
}
