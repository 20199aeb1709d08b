//! The log: set up once, by the verbs that serve.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogArgs, LogFormat};

/// Sends log lines to standard error as `args` say. A second call in one process changes nothing.
///
/// # Errors
/// The filter cannot be read.
pub fn start(args: &LogArgs) -> Result<(), String> {
    let filter = EnvFilter::try_new(&args.log).map_err(|error| format!("UPROF_LOG: {error}"))?;
    let format =
        args.log_format.unwrap_or(if std::io::stderr().is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    // The one reason for an error is a log that is already there: a test that starts two services.
    drop(set);
    Ok(())
}
