//! Settings of the log.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};

/// The server's own account of its starts and stops, and Postgres' notices, say nothing to an operator.
const DEFAULT_FILTER: &str = "info,actix_server=warn,sqlx=warn";

/// What is logged, and how. Logs go to standard error.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// What to log: a level (error, warn, info, debug, trace), or levels by module
    #[arg(long, env = "UPROF_LOG", value_name = "FILTER", default_value = DEFAULT_FILTER)]
    pub log: String,

    /// How: text for people, json for machines [default: text on a terminal, else json]
    #[arg(long, env = "UPROF_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl LogArgs {
    /// The form of log lines, and of the error that ends the process.
    #[must_use]
    pub fn format(&self) -> LogFormat {
        self.log_format.unwrap_or_else(LogFormat::of_stderr)
    }
}

/// The forms of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// The form for the reader of standard error: a terminal's is a person.
    #[must_use]
    pub fn of_stderr() -> Self {
        if std::io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}
