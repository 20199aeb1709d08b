//! Errors of the embedded Postgres: each message is one line, `subject state, next step`.

use std::io;
use std::path::PathBuf;

/// The embedded Postgres could not be found, started, joined or stopped.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// No Postgres server is installed, or only versions that are too old.
    #[error("no PostgreSQL server of version 14 or newer is installed{found}; {install}, or set DATABASE_URL")]
    NoPostgres {
        /// Empty, or the older versions that are installed.
        found: String,
        /// How to install it on this system.
        install: String,
    },
    /// The major version that created the data directory is not installed.
    #[error(
        "data directory {} was created by PostgreSQL {has}, but this machine has {installed}; {install}, or choose another --data-dir",
        data_dir.display()
    )]
    OtherMajor {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that created it.
        has: u32,
        /// The versions that are installed, as text.
        installed: String,
        /// How to install it on this system.
        install: String,
    },
    /// A service runs on the data directory.
    #[error("data directory {} is in use by uprof process {pid}; stop it, or choose another --data-dir", data_dir.display())]
    InUse {
        /// The data directory.
        data_dir: PathBuf,
        /// The process that holds it.
        pid: i32,
    },
    /// Commands held the data directory for longer than the maximum wait.
    #[error("data directory {} is in use by a uprof command; try again when it has ended", data_dir.display())]
    Busy {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// A service holds the data directory, and its Postgres does not answer.
    #[error("Postgres in data directory {} does not answer; restart the uprof that runs it", data_dir.display())]
    NotServing {
        /// The data directory.
        data_dir: PathBuf,
    },
    /// The path or one of its ancestors is a file.
    #[error("data directory {} is not a directory; choose another --data-dir", path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The disk of the data directory is full.
    #[error("no space is left for {}; free some, or choose another --data-dir", path.display())]
    Full {
        /// The path that cannot be written.
        path: PathBuf,
    },
    /// This process is root, and another user could change what it opens in the data directory.
    #[error(
        "data directory {} belongs to user id {owner}; give it to root or to {postgres}, or choose another --data-dir",
        path.display()
    )]
    ForeignOwner {
        /// The data directory.
        path: PathBuf,
        /// The user that it belongs to.
        owner: u32,
        /// The account that Postgres would run under.
        postgres: String,
    },
    /// A path in the data directory cannot be written.
    #[error("{} cannot be written ({source}); make it writable, or choose another --data-dir", path.display())]
    Unwritable {
        /// The path that cannot be written.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// This process is root, and the account that Postgres runs under has no search permission on the way to the data directory.
    #[error(
        "Postgres runs as user {user}, which cannot enter {}; choose a --data-dir outside it, such as /var/lib/uprof",
        blocked_at.display()
    )]
    Unreachable {
        /// The account that Postgres would run under.
        user: String,
        /// The first ancestor without search permission.
        blocked_at: PathBuf,
    },
    /// This process is root, and there is no account that Postgres could run under.
    #[error(
        "Postgres refuses to run as root, and there is no user postgres or nobody; add one, or run uprof as another user"
    )]
    NoAccount,
    /// No data directory was given, and none can be derived from the environment.
    #[error("home directory is unknown; set HOME, or choose a --data-dir")]
    NoHome,
    /// The socket directory belongs to another user, or no directory is suitable for it.
    #[error("socket directory {} cannot be used ({reason}); remove it, or set TMPDIR to a directory of your own", path.display())]
    Socket {
        /// The directory for the socket.
        path: PathBuf,
        /// Why it cannot be used.
        reason: String,
    },
    /// `initdb` or the creation of the database failed; the unfinished cluster was removed.
    #[error("database could not be created in {} ({detail}); correct the cause, or choose another --data-dir", data_dir.display())]
    Init {
        /// The data directory.
        data_dir: PathBuf,
        /// The reason that the program reported.
        detail: String,
    },
    /// Postgres exited, or was not ready within its start limit.
    #[error("Postgres did not start ({detail}); see its log {}", log.display())]
    Start {
        /// The reason that Postgres reported.
        detail: String,
        /// Its log.
        log: PathBuf,
    },
    /// A Postgres whose owner was killed does not stop.
    #[error("Postgres of an earlier uprof (process {pid}) does not stop; end it, then start again")]
    Orphan {
        /// The postmaster.
        pid: i32,
    },
    /// The Postgres that this process started does not stop.
    #[error("Postgres (process {pid}) does not stop; end it (no acknowledged row is lost)")]
    Stop {
        /// The postmaster.
        pid: i32,
    },
    /// Any other system error.
    #[error("cannot {doing} {} ({source})", path.display())]
    Io {
        /// The operation, as a verb.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl DatabaseError {
    /// Converts an [`io::Error`] at a path; the common causes get a variant with a next step.
    pub(super) fn at(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::NotADirectory => Self::NotADirectory { path },
            io::ErrorKind::StorageFull => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Unwritable { path, source },
            _ => Self::Io { doing, path, source },
        }
    }
}

/// The first error line of a program's output (later ones are consequences), with its hint and without timestamps; at most 300
/// characters.
pub(super) fn reason(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let after = |marks: &[&str]| {
        lines().find_map(|line| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1.trim().to_owned())))
    };
    let error = after(&["PANIC:", "FATAL:", "ERROR:", "error:"]);
    let error = error.or_else(|| lines().next_back().map(str::to_owned));
    let hint = after(&["HINT:", "hint:"]).map(|hint| format!("; {hint}")).unwrap_or_default();
    let message = error.unwrap_or_else(|| "no output".into());
    format!("{message}{hint}").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn the_reason_is_the_first_error_line_of_the_output() {
        let log = "2026-01-01 UTC [7] LOG:  starting\n2026-01-01 UTC [7] FATAL:  no space\nPANIC:  cannot abort\n2026-01-01 UTC [7] LOG:  down\n";
        assert_eq!(reason(log), "no space");
        assert_eq!(
            reason("initdb: error: directory is a mount point\ninitdb: hint: use another\n"),
            "directory is a mount point; use another"
        );
        assert_eq!(reason("killed\n\n"), "killed");
        assert_eq!(reason(""), "no output");
    }
}
