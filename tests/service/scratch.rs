//! Directories that are removed again, and waiting for what other processes do.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use uprof::database::{Embedded, EmbeddedOptions};

use crate::postgres::Session;
use crate::support::cluster::Cluster;

/// No test waits this long, unless it hangs.
pub(crate) const MAX_WAIT: Duration = Duration::from_mins(1);

/// A directory that Postgres' account can pass through.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("uprof-service-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        DirBuilder::new().mode(0o711).create(&path).unwrap();
        Self(path)
    }

    /// One whose data directory holds a cluster that has never run: as after a first start, only sooner.
    pub(crate) fn with_cluster() -> Self {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            // Beside the cluster of the run, which is removed with all that stands there.
            let url = Cluster::shared().url().replacen("/uprof?", "/postgres?", 1);
            let cluster: Vec<String> = Session::open(&SecretString::from(url)).unwrap().column("show data_directory");
            let made = Path::new(&cluster[0]).ancestors().nth(2).unwrap().join("template");
            let options = EmbeddedOptions { data_dir: Some(made.clone()), ..EmbeddedOptions::default() };
            Embedded::start(&options).unwrap().stop().unwrap();
            made
        });
        let scratch = Self::new();
        DirBuilder::new().mode(0o711).create(scratch.data()).unwrap();
        let copied = Command::new("cp").arg("-a").arg(made.join("postgres")).arg(scratch.data()).status().unwrap();
        assert!(copied.success());
        scratch
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The data directory of an embedded database.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `look` finds in the end.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < MAX_WAIT, "timed out waiting for: {what}");
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "another process has no event to wait for")]
fn pause() {
    thread::sleep(Duration::from_millis(20));
}
