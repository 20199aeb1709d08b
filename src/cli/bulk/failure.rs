//! How a transfer ends that did not come to its end.

use std::fmt;
use std::process::ExitCode;

use crate::cli::error::CliError;

/// The exit status of a transfer that was stopped.
pub(in crate::cli) const STOPPED: u8 = 2;

/// Prints why a transfer was stopped, and returns the exit status.
pub(super) fn status(outcome: Result<ExitCode, CliError>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(STOPPED)
    })
}

/// Why an exchange with the service failed.
#[derive(Debug)]
pub(super) enum ServiceFailure {
    /// The same request may succeed later; it has been tried for long enough.
    Unreachable(String),
    /// The service was busy, or another request was in its way, for all attempts.
    Busy {
        /// The HTTP status.
        status: u16,
        /// The service's message.
        message: String,
    },
    /// The service refused the request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's message.
        message: String,
    },
}

impl fmt::Display for ServiceFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => {
                write!(formatter, "{why}: is the service running there? --base-url says where it is")
            }
            Self::Busy { status, message } => write!(formatter, "the service still answers {status}: {message}"),
            Self::Refused { status, message } => write!(formatter, "the service answers {status}: {message}"),
        }
    }
}

impl std::error::Error for ServiceFailure {}
