//! What an import has done, in a file beside the imported one, so that it goes on after an interruption.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::cli::error::CliError;
use crate::domain::clock::Timestamp;

/// How long after its last change a state can be relied on: idempotency keys are stored for 24 hours.
const RELIABLE_FOR: Duration = Duration::hours(23);

/// How many lines became what.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) skipped: u64,
    pub(super) rejected: u64,
}

impl Counts {
    pub(super) const fn add(&mut self, more: Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.skipped += more.skipped;
        self.rejected += more.rejected;
    }

    pub(super) const fn total(self) -> u64 {
        self.created + self.updated + self.skipped + self.rejected
    }
}

/// What distinguishes an import from another one of the same file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct ImportOptions {
    pub(super) base_url: String,
    pub(super) on_existing: String,
    pub(super) format: String,
    pub(super) shape: Option<String>,
    pub(super) map: Vec<(String, String)>,
    pub(super) batch_lines: usize,
}

/// The content of the file.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ImportState {
    /// The digest of the imported file, in base64.
    pub(super) sha256: String,
    pub(super) options: ImportOptions,
    /// In seconds since the epoch.
    updated_at: i64,
    /// Whether it was interrupted for so long that idempotency keys have expired.
    is_late: bool,
    /// All batches before this one are done.
    done_until: u64,
    /// And these.
    done: BTreeSet<u64>,
    pub(super) counts: Counts,
    /// How long the file of rejected lines was.
    pub(super) rejected_bytes: u64,
    pub(super) is_complete: bool,
}

impl ImportState {
    /// Nothing is done.
    pub(super) const fn new(sha256: String, options: ImportOptions) -> Self {
        let counts = Counts { created: 0, updated: 0, skipped: 0, rejected: 0 };
        Self {
            sha256,
            options,
            updated_at: 0,
            is_late: false,
            done_until: 0,
            done: BTreeSet::new(),
            counts,
            rejected_bytes: 0,
            is_complete: false,
        }
    }

    /// Whether the batch `index` is done.
    pub(super) fn is_done(&self, index: u64) -> bool {
        index < self.done_until || self.done.contains(&index)
    }

    /// The first batch that is not done.
    pub(super) const fn done_until(&self) -> u64 {
        self.done_until
    }

    /// Notes that the batch `index` is done.
    pub(super) fn finish(&mut self, index: u64, counts: Counts) {
        self.done.insert(index);
        while self.done.remove(&self.done_until) {
            self.done_until += 1;
        }
        self.counts.add(counts);
    }

    /// Whether idempotency keys of its batches may have expired when it goes on `now`. What was in flight then remains uncertain for all
    /// later runs.
    pub(super) fn is_late(&mut self, now: Timestamp) -> bool {
        self.is_late |= now.unix_timestamp() - self.updated_at > RELIABLE_FOR.whole_seconds();
        self.is_late
    }

    /// Notes that it goes on, or a batch is done, `now`.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.updated_at = now.unix_timestamp();
    }
}

/// The file with the state.
#[derive(Debug)]
pub(super) struct StateFile(PathBuf);

impl StateFile {
    /// The state of the import of `file`.
    pub(super) fn beside(file: &Path) -> Self {
        let mut name = file.file_name().map(OsString::from).unwrap_or_default();
        name.push(".uprof-import.json");
        Self(file.with_file_name(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// The stored state; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn read(&self) -> Result<Option<ImportState>, CliError> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(|error| self.failed(&error))?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error).into()),
        }
    }

    /// Replaces the stored state, at once and for good.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, state: &ImportState) -> Result<(), CliError> {
        let written = || -> io::Result<()> {
            let mut new = self.0.clone().into_os_string();
            new.push(".new");
            let mut file = File::create(&new)?;
            file.write_all(&serde_json::to_vec(state)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.0)?;
            let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        written().map_err(|error| self.failed(&error).into())
    }

    fn failed(&self, error: &dyn std::error::Error) -> String {
        format!("the state of the import in {} cannot be used: {error}", self.0.display())
    }
}
