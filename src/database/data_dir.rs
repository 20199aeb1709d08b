//! The data directory of the embedded database: its default, its creation, and the paths in it.

use std::env;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::DatabaseError;
use super::account::{Account, is_root};

/// A data directory that exists; its path is absolute and without symbolic links.
#[derive(Debug, Clone)]
pub(super) struct DataDir(PathBuf);

impl DataDir {
    /// `chosen`, or the default of this account (`/var/lib/uprof` for root, else the XDG or macOS data directory); created
    /// if it is missing. The mode of an existing directory is not changed.
    pub(super) fn open(chosen: Option<&Path>) -> Result<Self, DatabaseError> {
        let path = match chosen {
            Some(path) => path.to_owned(),
            None => default(is_root(), |name| env::var_os(name).map(PathBuf::from)).ok_or(DatabaseError::NoHome)?,
        };
        match fs::metadata(&path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(DatabaseError::NotADirectory { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?,
            Err(error) => return Err(DatabaseError::at("read", path)(error)),
        }
        let directory = fs::canonicalize(&path).map_err(DatabaseError::at("read", path))?;
        Account::require_owner(&directory)?;
        Ok(Self(directory))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Postgres's own data directory (`PGDATA`).
    pub(super) fn cluster(&self) -> PathBuf {
        self.0.join("postgres")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.0.join("postgres.log")
    }
}

/// A directory of root can be searched by other users, because Postgres runs under another account; private files in it have
/// modes of their own.
fn create(path: &Path) -> Result<(), DatabaseError> {
    let mode = if is_root() { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        // The umask may have removed bits that the account needs.
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
        .map_err(DatabaseError::at("create", path))
}

fn default(root: bool, variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    // The XDG specification: a relative path is invalid and must be ignored.
    let absolute = |name| variable(name).filter(|path| path.is_absolute());
    let parent = match () {
        () if root => PathBuf::from("/var/lib"),
        () if cfg!(target_os = "macos") => absolute("HOME")?.join("Library/Application Support"),
        () => match absolute("XDG_DATA_HOME") {
            Some(data) => data,
            None => absolute("HOME")?.join(".local/share"),
        },
    };
    Some(parent.join("uprof"))
}

#[cfg(all(test, not(target_os = "macos")))]
mod tests {
    use super::default;
    use std::path::PathBuf;

    #[test]
    fn the_default_is_the_xdg_data_directory_and_root_has_its_own() {
        let home = |name: &str| (name == "HOME").then(|| PathBuf::from("/home/ada"));
        let xdg = |name: &str| Some(PathBuf::from(if name == "HOME" { "/home/ada" } else { "/data" }));
        let relative = |name: &str| Some(PathBuf::from(if name == "HOME" { "/home/ada" } else { "data" }));
        assert_eq!(default(false, home), Some("/home/ada/.local/share/uprof".into()));
        assert_eq!(default(false, xdg), Some("/data/uprof".into()));
        assert_eq!(default(false, relative), Some("/home/ada/.local/share/uprof".into()));
        assert_eq!(default(true, xdg), Some("/var/lib/uprof".into()));
        assert_eq!(default(false, |_| None), None);
    }
}
