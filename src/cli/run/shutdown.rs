//! How a verb that serves stops: on SIGINT, SIGTERM or SIGHUP, or when its database is lost.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::Application;
use crate::cli::error::{CliError, VerbResult};

/// SIGINT, SIGTERM and SIGHUP, which the end of a terminal session sends. While this exists, they no longer kill the process.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Installs the handlers. Must be called within a runtime.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    /// The output of `work`; `None` if a signal arrives first.
    pub(super) async fn unless_signalled<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            output = work => Some(output),
            () = self.next() => None,
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = async {
                match &mut self.hangup {
                    Some(hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            } => {}
        }
    }
}

/// Whether the process was started to survive the end of its session, as `nohup` does; always `false` where there is no `/proc`.
fn ignores_hangup() -> bool {
    let ignored = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = ignored.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // SIGHUP is signal 1, the lowest bit.
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Serves until a signal arrives or `failure` resolves to a reason; a second signal aborts the requests in flight.
pub(super) async fn run_until_signal(
    application: Application,
    mut signals: Signals,
    failure: impl Future<Output = String>,
) -> VerbResult {
    let stopper = application.stopper();
    let mut serving = std::pin::pin!(application.run_until_stopped());
    let cause: Option<CliError> = tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = signals.next() => None,
        reason = failure => Some(reason.into()),
    };
    tracing::info!("stopping");
    tokio::select! {
        (ended, ()) = async { tokio::join!(serving, stopper.stop()) } => ended?,
        // A server that is stopping ignores a second request to stop, so it is dropped.
        () = signals.next() => tracing::warn!("forced shutdown: second signal; in-flight requests aborted"),
    }
    tracing::info!("stopped");
    cause.map_or(Ok(()), Err)
}
