//! The Postgres to use: the one that `DATABASE_URL` names, or an *embedded* one that this module runs.
//! May know no other module: `storage` connects to its URL, `app` and `cli` choose, start and stop it.
//!
//! Everything here is synchronous: it runs before the runtime starts and after it has ended.

mod account;
mod cluster;
mod data_dir;
mod embedded;
mod error;
mod file;
mod installation;
mod lock;
mod postmaster;
mod server;
mod socket;
mod wait;

use std::fmt;
use std::path::{Path, PathBuf};

pub use embedded::{Embedded, EmbeddedOptions};
pub use error::DatabaseError;
pub use file::open_file;

/// The directory that `chosen` or the default of this account names, created if it is missing; absolute, without symbolic links. See
/// [`EmbeddedOptions::data_dir`].
///
/// # Errors
/// It cannot be created or read, is not a directory, or this process is root and it belongs to neither root nor the account of Postgres.
pub fn data_dir(chosen: Option<&Path>) -> Result<PathBuf, DatabaseError> {
    data_dir::DataDir::open(chosen).map(|data_dir| data_dir.path().to_owned())
}

/// The database that this process uses.
pub enum Database {
    /// Not run by this program; the text is `DATABASE_URL` as it was given, and may contain a password.
    External(String),
    /// A private cluster on this machine, see [`Embedded`].
    Embedded(Embedded),
}

impl Database {
    /// For a service: `database_url` if there is one (nothing is started or checked), else [`Embedded::start`].
    ///
    /// # Errors
    /// Those of [`Embedded::start`]; none with a `database_url`.
    pub fn for_service(database_url: Option<String>, options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        match database_url {
            Some(url) => Ok(Self::External(url)),
            None => Embedded::start(options).map(Self::Embedded),
        }
    }

    /// For a command that runs briefly: `database_url` if there is one (nothing is started or checked), else
    /// [`Embedded::join_or_start`].
    ///
    /// # Errors
    /// Those of [`Embedded::join_or_start`]; none with a `database_url`.
    pub fn for_command(database_url: Option<String>, options: &EmbeddedOptions) -> Result<Self, DatabaseError> {
        match database_url {
            Some(url) => Ok(Self::External(url)),
            None => Embedded::join_or_start(options).map(Self::Embedded),
        }
    }

    /// What to connect to, as sqlx's `PgConnectOptions` and `psql` read it. May contain a password: never log it.
    #[must_use]
    pub fn url(&self) -> &str {
        match self {
            Self::External(url) => url,
            Self::Embedded(embedded) => embedded.url(),
        }
    }

    /// Stops what [`Database::for_service`] or [`Database::for_command`] started; close the connections first.
    ///
    /// # Errors
    /// Those of [`Embedded::stop`].
    pub fn stop(self) -> Result<(), DatabaseError> {
        match self {
            Self::External(_) => Ok(()),
            Self::Embedded(embedded) => embedded.stop(),
        }
    }
}

impl fmt::Debug for Database {
    /// Hides the URL of an external database, which may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::External(_) => f.write_str("External(..)"),
            Self::Embedded(embedded) => f.debug_tuple("Embedded").field(embedded).finish(),
        }
    }
}
