//! Which Postgres to use, and as which role.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The Postgres of the service.
#[derive(Args, Clone, Debug)]
pub struct UrlArgs {
    /// The Postgres to use, as postgres://USER:PASSWORD@HOST:PORT/DATABASE. `uprof serve` needs it; other verbs use the embedded one without it
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<SecretString>,

    /// A file that holds this URL
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub password: PasswordArgs,
}

impl UrlArgs {
    /// Whether a URL is given.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.database_url.is_some() || self.database_url_file.is_some()
    }

    /// The URL, with the password of the password file if it has none; `None` if no URL is given.
    ///
    /// # Errors
    /// The URL is given twice, or a file cannot be read or is empty.
    pub fn url(&self) -> Result<Option<SecretString>, String> {
        let url = secret("DATABASE_URL", self.database_url.as_ref(), self.database_url_file.as_deref())?;
        url.map(|url| self.password.complete(url)).transpose()
    }
}

/// The password for a URL that has none. (`PGPASSWORD` and `PGPASSFILE` are read by the driver.)
#[derive(Args, Clone, Debug)]
pub struct PasswordArgs {
    /// A file that holds the password of the Postgres role, for URLs without one; PGPASSWORD holds the password itself
    #[arg(long, env = "PGPASSWORD_FILE", value_name = "FILE")]
    pub database_password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// `url` with the password. A URL that is invalid stays as it is: connecting reports it.
    fn complete(&self, url: SecretString) -> Result<SecretString, String> {
        let Some(file) = &self.database_password_file else { return Ok(url) };
        let password = read("PGPASSWORD_FILE", file)?;
        let Ok(mut parsed) = Url::parse(url.expose_secret()) else { return Ok(url) };
        if parsed.password().is_some() || parsed.query_pairs().any(|(name, _)| name == "password") {
            return Ok(url);
        }
        // A parameter, because a URL without a host, of a Unix socket, has no place for a password.
        parsed.query_pairs_mut().append_pair("password", password.expose_secret());
        Ok(SecretString::from(String::from(parsed)))
    }
}

/// The database of verbs that can also use the embedded one.
#[derive(Args, Clone, Debug)]
pub struct DatabaseArgs {
    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub external: UrlArgs,

    #[command(flatten)]
    #[expect(missing_docs, reason = "clap would print it")]
    pub embedded: EmbeddedArgs,
}

/// The location of the embedded database.
#[derive(Args, Clone, Debug)]
pub struct EmbeddedArgs {
    /// The data directory of the embedded database [default: /var/lib/uprof for root, else the user's data directory]
    #[arg(long, env = "UPROF_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The role that owns the schema, where the service has another one.
#[derive(Args, Clone, Debug)]
pub struct MigrationArgs {
    /// The same Postgres with the role that owns the schema, for migrations only [default: as the service]
    #[arg(long, env = "UPROF_MIGRATION_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub migration_database_url: Option<SecretString>,

    /// A file that holds this URL
    #[arg(long, env = "UPROF_MIGRATION_DATABASE_URL_FILE", value_name = "FILE")]
    pub migration_database_url_file: Option<PathBuf>,
}

impl MigrationArgs {
    /// The URL, if one is given; `password` completes it as it does the service's.
    ///
    /// # Errors
    /// As [`UrlArgs::url`].
    pub fn url(&self, password: &PasswordArgs) -> Result<Option<SecretString>, String> {
        let (url, file) = (self.migration_database_url.as_ref(), self.migration_database_url_file.as_deref());
        secret("UPROF_MIGRATION_DATABASE_URL", url, file)?.map(|url| password.complete(url)).transpose()
    }
}

/// A secret that the variable `name` or its file holds.
fn secret(name: &str, value: Option<&SecretString>, file: Option<&Path>) -> Result<Option<SecretString>, String> {
    match (value, file) {
        (Some(_), Some(_)) => Err(format!("{name} and {name}_FILE are both set: unset one of them")),
        (value, None) => Ok(value.cloned()),
        (None, Some(file)) => read(&format!("{name}_FILE"), file).map(Some),
    }
}

/// The content of `file`, which the variable `name` names, without the line break that editors add.
fn read(name: &str, file: &Path) -> Result<SecretString, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{name}: cannot read {}: {error}", file.display()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(format!("{name}: {} is empty", file.display())),
        text => Ok(SecretString::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(url: &str) -> String {
        let file = std::env::temp_dir().join(format!("uprof-config-{}", std::process::id()));
        fs::write(&file, "p@ss/w:rd #%?&\n").unwrap();
        let password = PasswordArgs { database_password_file: Some(file.clone()) };
        let completed = password.complete(SecretString::from(url)).unwrap();
        fs::remove_file(file).unwrap();
        completed.expose_secret().to_owned()
    }

    #[test]
    fn a_password_file_completes_a_url_that_has_no_password() {
        const PASSWORD: &str = "password=p%40ss%2Fw%3Ard+%23%25%3F%26";
        for (url, complete) in [
            ("postgres://uprof@db/uprof", format!("postgres://uprof@db/uprof?{PASSWORD}")),
            (
                "postgres://uprof@db/uprof?sslmode=disable",
                format!("postgres://uprof@db/uprof?sslmode=disable&{PASSWORD}"),
            ),
            ("postgres:///uprof?host=/run/postgres", format!("postgres:///uprof?host=/run/postgres&{PASSWORD}")),
            ("postgres://uprof:own@db/uprof", "postgres://uprof:own@db/uprof".to_owned()),
            ("postgres://uprof@db/uprof?password=own", "postgres://uprof@db/uprof?password=own".to_owned()),
            ("not a url", "not a url".to_owned()),
        ] {
            assert_eq!(completed(url), complete);
        }
    }
}
