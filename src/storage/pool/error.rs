//! Postgres errors as errors of the domain.

use sqlx::error::DatabaseError;

use crate::domain::{Error, ErrorKind};

/// Why work on a connection failed: a rule of the domain, or the database.
#[derive(Debug)]
pub(in crate::storage) enum StorageError {
    Rule(Error),
    Database(sqlx::Error),
    /// The transaction could not be begun, so nothing was changed.
    NotBegun(sqlx::Error),
}

impl StorageError {
    /// Whether the connection is of no use any more: it was lost, or leads to a server that shuts down or was demoted.
    pub(super) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) | Self::NotBegun(_) => true,
            // read_only_sql_transaction, admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout, and the connection
            // exceptions.
            Self::Database(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                matches!(&*code, "25006" | "57P01" | "57P02" | "57P03" | "57P05") || code.starts_with("08")
            }
            _ => false,
        }
    }

    /// Whether a change in flight may have been committed. After an error that Postgres itself reports it was not, but for a crash:
    /// that can fall between the commit and its report.
    pub(super) fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => error.code().is_some_and(|code| code == "57P02"),
            _ => false,
        }
    }
}

impl StorageError {
    /// The failure of a transaction before its commit: that nothing was changed is certain.
    pub(in crate::storage) fn before_commit(self) -> Self {
        let is_unknown = self.is_outcome_unknown();
        match self {
            Self::Database(error) if is_unknown => Self::NotBegun(error),
            other => other,
        }
    }

    /// Whether Postgres refused a row of a statement for what it holds: a data exception, a violated constraint, or a value that is too large.
    pub(in crate::storage) fn is_of_a_row(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.starts_with(class)))
    }
}

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StorageError> for Error {
    fn from(failure: StorageError) -> Self {
        match failure {
            StorageError::Rule(error) => error,
            StorageError::Database(error) | StorageError::NotBegun(error) => from_sqlx(error),
        }
    }
}

fn from_sqlx(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => from_postgres(&*error),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => unavailable().caused_by(error),
        _ => Error::internal(error),
    }
}

/// `NotFound`; `what` is the public name of the kind of object.
pub(in crate::storage) fn not_found(what: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("{what} not found"))
}

/// The change may have been done.
pub(in crate::storage) fn outcome_unknown() -> Error {
    Error::new(ErrorKind::OutcomeUnknown, "The database did not confirm the change: it is unknown whether it was done")
}

/// The work was stopped at its deadline. Nothing was changed.
pub(in crate::storage) fn canceled() -> Error {
    Error::new(ErrorKind::Canceled, "The database did not answer in time")
}

/// Another transaction holds what this one needs.
pub(in crate::storage) fn contended() -> Error {
    Error::new(ErrorKind::Contended, "Another request is changing the same object")
}

pub(in crate::storage) fn unavailable() -> Error {
    Error::new(ErrorKind::Unavailable, "The database is unavailable")
}

/// The name of the kind of a fault in spans.
pub(super) fn failure_label(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Contended => "contended",
        ErrorKind::Canceled => "canceled",
        ErrorKind::TimedOut => "timed_out",
        ErrorKind::OutcomeUnknown => "outcome_unknown",
        ErrorKind::Internal => "internal",
        _ => "unavailable",
    }
}

/// The error of a constraint that a caller can violate. A violation of any other is an internal error.
fn from_constraint(name: &str) -> Option<Error> {
    match name {
        "api_keys_organization_id_fkey" | "user_profiles_organization_id_fkey" => Some(not_found("Organization")),
        _ => None,
    }
}

/// By constraint, else by SQLSTATE (appendix A of the Postgres manual).
fn from_postgres(error: &dyn DatabaseError) -> Error {
    // The message only: an error's detail may repeat the row.
    let cause = || format!("{}: {}", error.code().unwrap_or_default(), error.message());
    if let Some(known) = error.constraint().and_then(from_constraint) {
        return known.caused_by(cause());
    }
    match error.code().as_deref().unwrap_or_default() {
        // query_canceled: the statement timeout. Nothing was written.
        "57014" => canceled().caused_by(cause()),
        // serialization_failure, deadlock_detected, lock_not_available.
        "40001" | "40P01" | "55P03" => contended().caused_by(cause()),
        // read_only_sql_transaction (a failover), idle_in_transaction_session_timeout.
        "25006" | "25P03" => unavailable().caused_by(cause()),
        // Connection exceptions, insufficient resources (disk full, too many connections), operator intervention (shutdown).
        code if ["08", "53", "57"].iter().any(|class| code.starts_with(class)) => unavailable().caused_by(cause()),
        _ => Error::internal(cause()),
    }
}
