//! The database's URL, and the limits on its use.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::domain::{Error, ErrorKind, Result};

/// The database's URL, and the limits on its use.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// A `postgres://` URL.
    pub url: SecretString,
    /// The most connections at once.
    pub max_connections: u32,
    /// The most connections at once that serve requests of one organization. Batches, which are fair between organizations, do not count.
    pub organization_connections: u32,
    /// How long a request waits for a free or new connection.
    pub acquire_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl PoolSettings {
    /// For a command that does one thing and ends: a single connection, and 30 s to wait for it, or for a lock.
    #[must_use]
    pub fn for_one(url: SecretString) -> Self {
        let max_wait = Duration::from_secs(30);
        Self {
            url,
            max_connections: 1,
            organization_connections: 1,
            acquire_timeout: max_wait,
            statement_timeout: max_wait,
            lock_timeout: max_wait,
        }
    }

    /// The options of the service's connections.
    ///
    /// # Errors
    /// `Invalid` if the URL is not a valid `postgres://` URL.
    pub(super) fn connect_options(&self) -> Result<PgConnectOptions> {
        let milliseconds = |limit: Duration| format!("{}ms", limit.as_millis());
        let statement_timeout = milliseconds(self.statement_timeout);
        Ok(connect_options(&self.url)?.options([
            ("statement_timeout", statement_timeout.as_str()),
            // A replica that hangs in a transaction must not hold its row locks.
            ("idle_in_transaction_session_timeout", statement_timeout.as_str()),
            // A connection that waits for a lock serves no request meanwhile.
            ("lock_timeout", milliseconds(self.lock_timeout).as_str()),
            // Every list has an index in its order. Without statistics, or planning for an average organization, Postgres would
            // instead sort all profiles of the organization for each page.
            ("enable_sort", "off"),
            // Nor sort what it has read in the order of another index's first columns.
            ("enable_incremental_sort", "off"),
            // A plan for one key is estimated to be cheaper than one for any number of keys, so Postgres would plan each single look-up and
            // update anew, which costs more than running it. No statement's best plan depends on its parameters.
            ("plan_cache_mode", "force_generic_plan"),
            // No statement of the service gains by it; one whose cost is overestimated would be compiled each time.
            ("jit", "off"),
        ]))
    }
}

/// Whether `url` can be used: it is not connected to.
///
/// # Errors
/// `Invalid` if it is not a valid `postgres://` URL, or demands TLS of a build without.
pub fn check_database_url(url: &SecretString) -> Result<()> {
    connect_options(url).map(drop)
}

/// The options of `url`, with the service's application name.
///
/// # Errors
/// `Invalid` if it is not a valid `postgres://` URL, or demands TLS of a build without.
pub(in crate::storage) fn connect_options(url: &SecretString) -> Result<PgConnectOptions> {
    let text = url.expose_secret();
    // sqlx accepts URLs of other databases.
    let is_postgres = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let options = PgConnectOptions::from_str(text)
        .ok()
        .filter(|_| is_postgres)
        // The parser's message may repeat parts of the URL, and so the password.
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "DATABASE_URL is not a valid postgres:// URL"))?;
    let needs_tls = !matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
    if needs_tls && !cfg!(feature = "tls") {
        return Err(Error::new(
            ErrorKind::Invalid,
            "sslmode demands TLS, which this build lacks: use the image, or build with `--features tls`",
        ));
    }
    Ok(options.application_name("uprof"))
}
