//! The Postgres that is a child of this process: its start, its exit, its stop.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::error::reason;
use super::file::open_file;
use super::postmaster::{FAST_LIMIT, IMMEDIATE_LIMIT, Postmaster};
use super::{DatabaseError, wait};

/// Recovery after a crash replays the log since the last checkpoint, which takes seconds.
pub(super) const START_LIMIT: Duration = Duration::from_mins(2);
/// A larger log is renamed at the next start, and replaces the previously renamed one.
const LOG_BYTES: u64 = 10 * 1024 * 1024;

/// A start needs this much at least: a segment of the write-ahead log.
const RECOVERY_BYTES: u64 = 16 * 1024 * 1024;

/// A postmaster that accepts connections. Dropping it stops it.
pub(super) struct Server {
    pid: Pid,
    monitor: Arc<Monitor>,
}

type Callback = Box<dyn FnOnce(String) + Send>;

/// The state of the child, set by the thread that waits for it. While `exited` is None and the mutex is held, the pid belongs to
/// the child.
#[derive(Default)]
struct Monitor {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The exit status, as text.
    exited: Option<String>,
    /// Whether this process has requested a shutdown.
    stopping: bool,
    on_exit: Option<Callback>,
}

impl Server {
    /// Runs `command` and waits until it reports ready; its output is appended to `log`.
    ///
    /// A thread of its own spawns and reaps the child, because the parent-death signal is sent when the *thread* that spawned it
    /// ends. So the calling thread may end before the child does.
    pub(super) fn start(mut command: Command, cluster: &Path, log: &Path) -> Result<Self, DatabaseError> {
        let file = open_log(log).map_err(DatabaseError::at("write", log))?;
        let log_offset = file.metadata().map_err(DatabaseError::at("read", log))?.len();
        let stderr = file.try_clone().map_err(DatabaseError::at("write", log))?;
        command.stdout(file).stderr(stderr);

        let monitor = Arc::new(Monitor::default());
        let (spawned, spawn_result) = mpsc::sync_channel(1);
        let shared = Arc::clone(&monitor);
        let program = PathBuf::from(command.get_program());
        let thread = thread::Builder::new().name("postgres-monitor".into());
        let pid = thread
            .spawn(move || run(command, &spawned, &shared))
            .and_then(|_| spawn_result.recv().unwrap_or_else(|closed| Err(io::Error::other(closed))))
            .map_err(|source| DatabaseError::Io { doing: "run", path: program, source })?;
        let server = Self { pid, monitor };
        server.await_ready(cluster).map_err(|state| {
            let said = tail(log, log_offset).ok().filter(|text| !text.is_empty());
            let detail = said.map_or(state, |text| reason(&text));
            DatabaseError::Start { detail: with_free_space(detail, free_bytes(cluster)), log: log.into() }
        })?;
        Ok(server)
    }

    fn await_ready(&self, cluster: &Path) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.exited_within(wait::POLL_INTERVAL) {
                return Err(status);
            }
            if Postmaster::read(cluster).is_some_and(|postmaster| postmaster.ready && postmaster.pid == self.pid) {
                return Ok(());
            }
        }
        Err(format!("not ready after {} s", START_LIMIT.as_secs()))
    }

    /// The exit status as text, if it has exited.
    pub(super) fn exited(&self) -> Option<String> {
        self.monitor.lock().exited.clone()
    }

    /// Whether it has neither exited nor been asked to stop.
    pub(super) fn is_running(&self) -> bool {
        let state = self.monitor.lock();
        state.exited.is_none() && !state.stopping
    }

    /// Calls `callback` once, on the monitor thread, if the child exits without having been asked to stop; at once if it has exited.
    pub(super) fn on_exit(&self, callback: Callback) {
        let mut state = self.monitor.lock();
        match state.exited.clone() {
            None => state.on_exit = Some(callback),
            Some(status) => {
                drop(state);
                callback(status);
            }
        }
    }

    /// Requests a fast shutdown, and an immediate one if that takes too long (the next start then recovers). No committed row is
    /// lost in either case.
    pub(super) fn stop(&self) -> Result<(), DatabaseError> {
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
            self.signal(signal);
            if self.exited_within(limit).is_some() {
                return Ok(());
            }
        }
        Err(DatabaseError::Stop { pid: self.pid.as_raw_pid() })
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.monitor.lock();
        state.stopping = true;
        if state.exited.is_none() {
            // A zombie ignores the signal.
            let _ = kill_process(self.pid, signal);
        }
    }

    fn exited_within(&self, limit: Duration) -> Option<String> {
        let runs = |state: &mut State| state.exited.is_none();
        let waited = self.monitor.changed.wait_timeout_while(self.monitor.lock(), limit, runs);
        waited.unwrap_or_else(PoisonError::into_inner).0.exited.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.stop();
        }
    }
}

impl Monitor {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The monitor thread: spawns the child and waits for it.
fn run(mut command: Command, spawned: &SyncSender<io::Result<Pid>>, monitor: &Monitor) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = spawned.send(Err(error));
            return;
        }
    };
    let pid = Pid::from_child(&child);
    let _ = spawned.send(Ok(pid));
    // Waits without reaping, so that the pid stays the child's until the state records its exit.
    let wait_for_exit = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while matches!(wait_for_exit(), Err(rustix::io::Errno::INTR)) {}
    let mut state = monitor.lock();
    let status = reap(&mut child);
    state.exited = Some(status.clone());
    let callback = state.on_exit.take().filter(|_| !state.stopping);
    drop(state);
    monitor.changed.notify_all();
    if let Some(callback) = callback {
        callback(status);
    }
}

fn reap(child: &mut Child) -> String {
    child.wait().map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// The bytes that are free on the disk of `path`.
fn free_bytes(path: &Path) -> Option<u64> {
    rustix::fs::statvfs(path).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// `detail`, and that little space is free, which is then the likely cause: Postgres may not even have had space to log it.
fn with_free_space(detail: String, free_bytes: Option<u64>) -> String {
    match free_bytes {
        Some(free) if free < RECOVERY_BYTES => format!("{detail}; only {} KB are free on its disk", free / 1024),
        _ => detail,
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.len() > LOG_BYTES) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    open_file(path, OpenOptions::new().append(true).create(true).mode(0o600))
}

fn tail(path: &Path, from: u64) -> io::Result<String> {
    let mut file = open_file(path, OpenOptions::new().read(true))?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::with_free_space;

    #[test]
    fn a_start_that_fails_on_a_full_disk_says_so_even_if_postgres_could_not() {
        let detail = || "exit status: 1".to_owned();
        assert_eq!(with_free_space(detail(), Some(0)), "exit status: 1; only 0 KB are free on its disk");
        assert_eq!(with_free_space(detail(), Some(1 << 20)), "exit status: 1; only 1024 KB are free on its disk");
        assert_eq!(with_free_space(detail(), Some(1 << 30)), "exit status: 1");
        assert_eq!(with_free_space(detail(), None), "exit status: 1");
    }
}
