//! The directory of the unix socket: short enough for the system, and closed to every other user of the machine.

use std::env;
use std::fmt::Write;
use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::DatabaseError;
use super::account::Account;
use super::data_dir::DataDir;

/// The socket's name; the number is the port, and nothing listens on a port.
pub(super) const FILE: &str = ".s.PGSQL.5432";
/// `sun_path` is 104 bytes on macOS and 108 on Linux, the closing NUL included.
const LONGEST: usize = 103;

/// A directory that is ours alone, removed when dropped.
pub(super) struct SocketDir(PathBuf);

impl SocketDir {
    /// Makes it anew. The caller owns the data directory, so nobody uses an old one.
    ///
    /// The name is derived from the data directory and the account, so no litter gathers; and as others may write to
    /// the temporary directory too, one that somebody else made in our place is refused.
    pub(super) fn make(data_dir: &DataDir, account: &Account) -> Result<Self, DatabaseError> {
        let path = place(account)?.join(name(data_dir.path(), account.uid()));
        if let Ok(found) = fs::symlink_metadata(&path) {
            let ours = found.uid() == account.uid() || found.uid() == rustix::process::geteuid().as_raw();
            if !found.is_dir() || !ours || found.mode() & 0o077 != 0 {
                return Err(DatabaseError::Socket { path, reason: "somebody else made it".into() });
            }
            fs::remove_dir_all(&path).map_err(refused(&path))?;
        }
        DirBuilder::new().mode(0o700).create(&path).map_err(refused(&path))?;
        let made = Self(path);
        account.give(&made.0).map_err(refused(&made.0))?;
        Ok(made)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        // What stays is found and removed by the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The URL of the database behind the socket, for sqlx and libpq. Everything that environment variables could change
/// is said.
pub(super) fn url(directory: &Path, user: &str, database: &str) -> String {
    let mut host = String::new();
    for &byte in directory.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            host.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(host, "%{byte:02X}");
        }
    }
    format!("postgres://{user}@localhost:5432/{database}?host={host}&sslmode=disable")
}

/// The temporary directory, or `/tmp` if that one is too deep, not text (a URL has to carry it), or closed to the
/// account.
fn place(account: &Account) -> Result<PathBuf, DatabaseError> {
    let candidates = [env::temp_dir(), PathBuf::from("/tmp")];
    let longest_name = name(Path::new(""), 0).len() + FILE.len() + 2;
    let fits = |path: &PathBuf| {
        let short = path.as_os_str().len() + longest_name <= LONGEST;
        short && path.is_absolute() && path.to_str().is_some() && path.is_dir() && account.require_reach(path).is_ok()
    };
    candidates.into_iter().find(fits).ok_or_else(|| DatabaseError::Socket {
        path: env::temp_dir(),
        reason: "it is missing, too long or closed, and so is /tmp".into(),
    })
}

fn name(data_dir: &Path, uid: u32) -> String {
    let hash = Sha256::new().chain_update(uid.to_be_bytes()).chain_update(data_dir.as_os_str().as_bytes()).finalize();
    hash.iter().take(8).fold(String::from("uprof-"), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn refused(path: &Path) -> impl FnOnce(io::Error) -> DatabaseError {
    let path = path.to_owned();
    move |error| DatabaseError::Socket { path, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_url_carries_any_temporary_directory() {
        let url = super::url(Path::new("/tmp/a b/ü&c"), "uprof", "uprof");
        assert_eq!(url, "postgres://uprof@localhost:5432/uprof?host=/tmp/a%20b/%C3%BC%26c&sslmode=disable");
    }
}
