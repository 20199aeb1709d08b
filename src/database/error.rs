//! Why there is no embedded Postgres: each message is one line for a person and says what to do.

use std::io;
use std::path::PathBuf;

/// Why the embedded Postgres could not be found, started, joined or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No server is installed, or none that is new enough.
    #[error("no PostgreSQL 14 or newer is installed{found}: {install}, or set DATABASE_URL")]
    NoPostgres {
        /// Empty, or which older versions there are.
        found: String,
        /// What to type on this system.
        install: String,
    },
    /// The data directory was made by a major version that is not installed.
    #[error(
        "{} was made by PostgreSQL {has}, and this machine has {installed}: {install}, or choose another --data-dir",
        data_dir.display()
    )]
    OtherMajor {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that made it.
        has: u32,
        /// The versions that are installed, as a phrase.
        installed: String,
        /// What to type on this system.
        install: String,
    },
    /// A service runs on the data directory.
    #[error("another uprof (process {pid}) is running on {}: stop it, or choose another --data-dir", data_dir.display())]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that holds it.
        pid: i32,
    },
    /// Short commands kept the data directory for longer than one waits.
    #[error("another uprof command is still using {}: try again when it has ended", data_dir.display())]
    Busy {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// A service holds the data directory, and its Postgres does not answer.
    #[error("a uprof is running on {}, but its Postgres does not answer: restart it", data_dir.display())]
    NotServing {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The path, or something above it, is a file.
    #[error("{} is not a directory: choose another --data-dir", path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// We may not write where we have to.
    #[error("{} cannot be written ({source}): make it writable, or choose another --data-dir", path.display())]
    Unwritable {
        /// The path that refused.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// We are root, Postgres refuses to be, and the account it runs under cannot get to the place.
    #[error(
        "Postgres runs as the user {user}, who cannot enter {}: choose a --data-dir outside it, such as /var/lib/uprof",
        blocked_at.display()
    )]
    Unreachable {
        /// The account that Postgres would run under.
        user: String,
        /// The first directory on the way that is closed.
        blocked_at: PathBuf,
    },
    /// We are root and there is nobody else to be.
    #[error(
        "Postgres refuses to run as root, and there is no user postgres or nobody: add one, or run as another user"
    )]
    NoAccount,
    /// No data directory was given and none can be derived.
    #[error("no home directory is known: set HOME, or choose a --data-dir")]
    NoHome,
    /// Somebody else made the directory of the socket, or no directory is fit for it.
    #[error("{} cannot hold the database's socket ({reason}): remove it, or set TMPDIR to a directory of your own", path.display())]
    Socket {
        /// The directory for the socket.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// `initdb` or the first steps in the new cluster failed; nothing of it is left.
    #[error("no database could be made in {} ({detail}): mend that, or choose another --data-dir", data_dir.display())]
    Init {
        /// The data directory.
        data_dir: PathBuf,
        /// The tool's own last words.
        detail: String,
    },
    /// Postgres ended before it was ready.
    #[error("Postgres did not start ({detail}): see {}", log.display())]
    Start {
        /// Its own last words.
        detail: String,
        /// Its log.
        log: PathBuf,
    },
    /// A Postgres whose uprof was killed does not stop.
    #[error("a Postgres that an earlier uprof left behind does not stop: end process {pid}, then start again")]
    Orphan {
        /// The postmaster.
        pid: i32,
    },
    /// Our own Postgres does not stop.
    #[error("Postgres does not stop: end process {pid}; no acknowledged row is lost")]
    Stop {
        /// The postmaster.
        pid: i32,
    },
    /// Anything else that the system refused.
    #[error("cannot {doing} {} ({source})", path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DatabaseError {
    /// An [`io::Error`] at a path that we have to write: the common refusals say what to do.
    pub(super) fn at(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::StorageFull => {
                Self::Unwritable { path, source }
            }
            _ => Self::Io { doing, path, source },
        }
    }
}

/// The first line of a tool's output that says why it gave up (later ones are consequences), with its hint and
/// without time stamps; at most 300 characters.
pub(super) fn reason(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let after = |marks: &[&str]| {
        lines().find_map(|line| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.trim().to_owned())))
    };
    let complaint = after(&["PANIC:", "FATAL:", "ERROR:", "error:"]);
    let complaint = complaint.or_else(|| lines().next_back().map(str::to_owned));
    let hint = after(&["HINT:", "hint:"]).map(|hint| format!("; {hint}")).unwrap_or_default();
    let told = complaint.unwrap_or_else(|| "it said nothing".into());
    format!("{told}{hint}").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_found_among_what_was_said_before_and_after_it() {
        let log = "2026-01-01 UTC [7] LOG:  starting\n2026-01-01 UTC [7] FATAL:  no space\nPANIC:  cannot abort\n2026-01-01 UTC [7] LOG:  down\n";
        assert_eq!(reason(log), "no space");
        assert_eq!(
            reason("initdb: error: directory is a mount point\ninitdb: hint: use another\n"),
            "directory is a mount point; use another"
        );
        assert_eq!(reason("killed\n\n"), "killed");
        assert_eq!(reason(""), "it said nothing");
    }
}
