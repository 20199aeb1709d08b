//! The log: set up once, by the verbs that serve. Lines are written by a thread of their own, off the path of requests.
//! May know `config` for what is logged, and `metrics`.

mod json;
mod writer;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogArgs, LogFormat};
use crate::metrics::{Counter, Registry};
pub use json::fatal_line;
use json::{JsonLines, JsonMembers};
pub use writer::Log;

/// sqlx logs parameters of a database URL that it does not know with their values, and so a misspelt password. Whatever filter an
/// operator chooses, that target stays off.
const URL_PARAMETERS: &str = "sqlx_postgres::options::parse";

/// Whether the filter can be used.
///
/// # Errors
/// It is invalid.
pub fn check(args: &LogArgs) -> Result<(), String> {
    filter(args).map(drop)
}

fn filter(args: &LogArgs) -> Result<Targets, String> {
    // Not an `EnvFilter`, which brings an engine for regular expressions: filters by field are not documented.
    let filter: Targets = args.log.parse().map_err(|error| format!("UPROF_LOG: {error}"))?;
    Ok(filter.with_target(URL_PARAMETERS, LevelFilter::OFF))
}

/// Logs to standard error as `args` say until the returned value is dropped, which writes the queued lines. A second call in one process
/// changes nothing.
///
/// # Errors
/// The filter is invalid, or no thread can be started.
pub fn start(args: &LogArgs, registry: &Registry) -> Result<Log, String> {
    let filter = filter(args)?;
    let stderr = std::io::stderr();
    let dropped = registry.register(
        "uprof_log_lines_dropped",
        "Log lines dropped because the reader of standard error was too slow",
        Counter::default(),
    );
    let log = Log::start(stderr, dropped).map_err(|error| format!("cannot start the log: {error}"))?;
    let lines = fmt::layer().with_writer(log.lines());
    let lines = match args.format() {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.event_format(JsonLines).fmt_fields(JsonMembers).boxed(),
    };
    let set = tracing_subscriber::registry().with(filter).with(lines).try_init();
    // The one reason for an error is a log that is already there: a test that starts two services.
    drop(set);
    Ok(log)
}
