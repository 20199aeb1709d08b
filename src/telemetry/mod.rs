//! The log: set up once, by the verbs that serve. Lines are written by a thread of their own, off the path of requests.
//! May know `config` for what is logged, and `metrics`.

mod writer;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::config::{LogArgs, LogFormat};
use crate::metrics::Registry;
pub use writer::Log;

/// Sends log lines to standard error as `args` say, for as long as the answer lives; when it is dropped, what is left is written. A
/// second call in one process changes nothing.
///
/// # Errors
/// The filter cannot be read, or the machine has no thread to give.
pub fn start(args: &LogArgs, registry: &Registry) -> Result<Log, String> {
    let filter = EnvFilter::try_new(&args.log).map_err(|error| format!("UPROF_LOG: {error}"))?;
    let stderr = std::io::stderr();
    let format = args.log_format.unwrap_or(if stderr.is_terminal() { LogFormat::Text } else { LogFormat::Json });
    let dropped = registry.counters(
        "uprof_log_lines_dropped_total",
        "Lines of the log that were not written, for whoever reads them was too slow.",
        [],
    );
    let log = Log::start(stderr, dropped.with([])).map_err(|error| format!("cannot start the log: {error}"))?;
    let lines = fmt().with_env_filter(filter).with_writer(log.lines());
    let set = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(true).try_init(),
    };
    // The one reason for an error is a log that is already there: a test that starts two services.
    drop(set);
    Ok(log)
}
