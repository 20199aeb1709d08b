//! File descriptors: how many the service needs, and how many connections they suffice for.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::start_error::StartError;
use crate::config::ServerArgs;

/// What the runtime, the listeners, the log and the database's files need.
const RUNTIME: u64 = 32;
/// What a worker needs beside its connections: its event queue, and evicted connections that still exist.
const PER_WORKER: u64 = 40;
/// The connections of the listener of metrics: for a few scrapers.
pub(super) const METRICS_CONNECTIONS: usize = 16;
/// With fewer connections than this the service does not start.
const FEWEST_CONNECTIONS: u64 = 32;

/// How many connections the process can have: the setting, or fewer if its limit of open files is low. Raises the limit as far as is
/// needed and allowed.
///
/// # Errors
/// The limit is too low to serve at all.
pub(super) fn connections(args: &ServerArgs) -> Result<usize, StartError> {
    let http = args.http();
    let reserved = RUNTIME
        + PER_WORKER * number(http.workers)
        + u64::from(args.pool.database_connections.get())
        + number(args.webhooks.webhooks_concurrency.get())
        + args.metrics_listen.map_or(0, |_| PER_WORKER + number(METRICS_CONNECTIONS));
    let wanted = reserved.saturating_add(number(http.max_connections));
    let limit = raise(wanted);
    let fewest = reserved + FEWEST_CONNECTIONS.min(number(http.max_connections));
    if limit < fewest {
        return Err(StartError(format!(
            "too few file descriptors: the limit is {limit}, and at least {fewest} are needed: raise it (`ulimit -n`, LimitNOFILE)"
        )));
    }
    let connections = number(http.max_connections).min(limit - reserved);
    Ok(usize::try_from(connections).unwrap_or(http.max_connections))
}

/// The limit of open files, raised to `wanted` if that is allowed.
fn raise(wanted: u64) -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    let highest = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < wanted) {
        let before = limit.current;
        limit.current = Some(wanted.min(highest));
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = before;
        }
    }
    limit.current.unwrap_or(u64::MAX)
}

fn number(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
