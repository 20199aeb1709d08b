//! The directory of the unix socket: its path fits `sun_path`, and no other user of the machine can enter it.

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

/// The socket's name. 5432 is only the number in the name: no TCP port is open.
pub(super) const FILE: &str = ".s.PGSQL.5432";
/// `sun_path` is 104 bytes on macOS and 108 on Linux, the terminating NUL included.
const MAX_PATH_BYTES: usize = 103;

/// A directory of mode 0700, removed when dropped.
pub(super) struct SocketDir(PathBuf);

impl SocketDir {
    /// Creates the directory, in place of one that an earlier run left. The caller holds the owner lock, so no process uses that.
    ///
    /// The name is derived from the data directory and the account, so that a later start finds and removes it. Other users can
    /// write to the temporary directory too, so a directory that one of them created is refused.
    pub(super) fn create(data_dir: &DataDir, account: &Account) -> Result<Self, DatabaseError> {
        let path = parent(account)?.join(name(data_dir.path(), account.uid()));
        if let Ok(found) = fs::symlink_metadata(&path) {
            let owned = found.uid() == account.uid() || found.uid() == rustix::process::geteuid().as_raw();
            if !found.is_dir() || !owned || found.mode() & 0o077 != 0 {
                return Err(DatabaseError::Socket {
                    path,
                    reason: "it belongs to another user or other users can enter it".into(),
                });
            }
            fs::remove_dir_all(&path).map_err(unusable(&path))?;
        }
        DirBuilder::new().mode(0o700).create(&path).map_err(unusable(&path))?;
        let created = Self(path);
        account.take_ownership_of(&created.0).map_err(unusable(&created.0))?;
        Ok(created)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SocketDir {
    fn drop(&mut self) {
        // The next start removes it if this fails.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The URL of the database behind the socket, for sqlx and libpq. It states every parameter that environment variables could
/// change.
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

/// The temporary directory; `/tmp` if its path is too long or not UTF-8 (a URL has to carry it), or the account cannot search it.
fn parent(account: &Account) -> Result<PathBuf, DatabaseError> {
    let candidates = [env::temp_dir(), PathBuf::from("/tmp")];
    let longest_name = name(Path::new(""), 0).len() + FILE.len() + 2;
    let fits = |path: &PathBuf| {
        let short = path.as_os_str().len() + longest_name <= MAX_PATH_BYTES;
        short
            && path.is_absolute()
            && path.to_str().is_some()
            && path.is_dir()
            && account.require_search_permission(path).is_ok()
    };
    candidates.into_iter().find(fits).ok_or_else(|| DatabaseError::Socket {
        path: env::temp_dir(),
        reason: "it is missing, too long or not accessible, and so is /tmp".into(),
    })
}

fn name(data_dir: &Path, uid: u32) -> String {
    let hash = Sha256::new().chain_update(uid.to_be_bytes()).chain_update(data_dir.as_os_str().as_bytes()).finalize();
    hash.iter().take(8).fold(String::from("uprof-"), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

fn unusable(path: &Path) -> impl FnOnce(io::Error) -> DatabaseError {
    let path = path.to_owned();
    move |error| DatabaseError::Socket { path, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn any_temporary_directory_is_encoded_in_the_url() {
        let url = super::url(Path::new("/tmp/a b/ü&c"), "uprof", "uprof");
        assert_eq!(url, "postgres://uprof@localhost:5432/uprof?host=/tmp/a%20b/%C3%BC%26c&sslmode=disable");
    }
}
