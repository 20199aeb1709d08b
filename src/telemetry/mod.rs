//! The log and the export of traces, which the verbs that serve set up once.
//! May know `config` for what is logged and exported, `metrics` and `spans`. Lines are written and spans exported by threads of their own, off
//! the path of requests.

mod json;
mod traces;
mod writer;

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogArgs, LogFormat, ServerArgs};
use crate::metrics::{Counter, Registry};
pub use json::fatal_line;
use json::{JsonLines, JsonMembers};
use traces::{TraceMetrics, Traces};
use writer::Log;

/// sqlx logs parameters of a database URL that it does not know with their values, and so a misspelt password. Whatever filter an
/// operator chooses, that target stays off.
const URL_PARAMETERS: &str = "sqlx_postgres::options::parse";

/// The log and the export of traces. Dropped, it exports the spans that wait, and then writes the lines that do.
pub struct Telemetry {
    _traces: Option<Traces>,
    _log: Log,
}

/// Whether the filter of the log can be used, and traces exported as `args` say.
///
/// # Errors
/// They cannot.
pub fn check(args: &ServerArgs) -> Result<(), String> {
    filter(&args.log)?;
    traces::check(&args.traces)
}

fn filter(args: &LogArgs) -> Result<Targets, String> {
    // Not an `EnvFilter`, which brings an engine for regular expressions: filters by field are not documented.
    let filter: Targets = args.log.parse().map_err(|error| format!("UPROF_LOG: {error}"))?;
    Ok(filter.with_target(URL_PARAMETERS, LevelFilter::OFF))
}

/// Logs to standard error and exports traces as `args` say until the returned value is dropped. A second call in one process changes nothing.
///
/// # Errors
/// The filter of the log is invalid, traces cannot be exported, or no thread can be started.
pub fn start(args: &ServerArgs, registry: &Registry) -> Result<Telemetry, String> {
    check(args)?;
    let filter = filter(&args.log)?;
    let dropped = registry.register(
        "uprof_log_lines_dropped",
        "Log lines dropped because the reader of standard error was too slow",
        Counter::default(),
    );
    let log = Log::start(std::io::stderr(), dropped).map_err(|error| format!("cannot start the log: {error}"))?;
    let metrics = TraceMetrics::new(registry);
    let format = args.log.format();
    let (set, traces) = match args.traces.settings()? {
        // One filter for all, which is the cheapest.
        None => (tracing_subscriber::registry().with(filter).with(lines(&log, format)).try_init(), None),
        Some(settings) => {
            let (traces, spans) = Traces::start(&settings, args.grace, metrics)?;
            let lines = lines(&log, format).with_filter(filter);
            (tracing_subscriber::registry().with(spans).with(lines).try_init(), Some(traces))
        }
    };
    // The one reason for an error is a log that is already there: a test that starts two services.
    drop(set);
    Ok(Telemetry { _traces: traces, _log: log })
}

/// Writes lines to `log`.
fn lines<S>(log: &Log, format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = fmt::layer().with_writer(log.lines());
    match format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.event_format(JsonLines).fmt_fields(JsonMembers).boxed(),
    }
}
