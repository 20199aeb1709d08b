//! The Postgres that is our child: started, watched, stopped.

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
use super::postmaster::{FAST_LIMIT, IMMEDIATE_LIMIT, Postmaster};
use super::{DatabaseError, wait};

/// Recovery after a crash replays what was written since the last checkpoint, which takes seconds.
pub(super) const START_LIMIT: Duration = Duration::from_mins(2);
/// A log larger than this is set aside at the next start, in place of the one before.
const LOG_BYTES: u64 = 10 * 1024 * 1024;

/// A postmaster that accepts connections. Dropping it stops it.
pub(super) struct Server {
    pid: Pid,
    watch: Arc<Watch>,
}

type Callback = Box<dyn FnOnce(String) + Send>;

/// What the keeper thread knows. While `ended` is None and the lock is held, the pid is our child's.
#[derive(Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// How the process ended, in words.
    ended: Option<String>,
    /// Whether we asked it to.
    stopping: bool,
    on_exit: Option<Callback>,
}

impl Server {
    /// Runs `command` and waits until it says that it is ready; its output goes to `log`.
    ///
    /// A thread of its own spawns and reaps it, because a parent-death signal is sent when the *thread* that spawned
    /// the child ends: so a caller's thread may come and go.
    pub(super) fn start(mut command: Command, cluster: &Path, log: &Path) -> Result<Self, DatabaseError> {
        let file = open_log(log).map_err(DatabaseError::at("write", log))?;
        let said_before = file.metadata().map_err(DatabaseError::at("read", log))?.len();
        let both = file.try_clone().map_err(DatabaseError::at("write", log))?;
        command.stdout(file).stderr(both);

        let watch = Arc::new(Watch::default());
        let (spawned, receive) = mpsc::sync_channel(1);
        let theirs = Arc::clone(&watch);
        let program = PathBuf::from(command.get_program());
        let keeper = thread::Builder::new().name("postgres-keeper".into());
        let pid = keeper
            .spawn(move || keep(command, &spawned, &theirs))
            .and_then(|_| receive.recv().unwrap_or_else(|gone| Err(io::Error::other(gone))))
            .map_err(|source| DatabaseError::Io { doing: "run", path: program, source })?;
        let server = Self { pid, watch };
        server.await_ready(cluster).map_err(|ended| {
            let detail = tail(log, said_before).ok().filter(|text| !text.is_empty());
            let detail = detail.map_or(ended, |text| reason(&text));
            DatabaseError::Start { detail, log: log.into() }
        })?;
        Ok(server)
    }

    fn await_ready(&self, cluster: &Path) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(ended) = self.ended_within(wait::PAUSE) {
                return Err(ended);
            }
            if Postmaster::read(cluster).is_some_and(|postmaster| postmaster.ready && postmaster.pid == self.pid) {
                return Ok(());
            }
        }
        Err(format!("it is not ready after {} s", START_LIMIT.as_secs()))
    }

    /// How it ended, if it has.
    pub(super) fn ended(&self) -> Option<String> {
        self.watch.lock().ended.clone()
    }

    /// Whether it neither ended nor was told to.
    pub(super) fn is_left_alone(&self) -> bool {
        let state = self.watch.lock();
        state.ended.is_none() && !state.stopping
    }

    /// Calls back, once and from another thread, if it ends without being asked to; at once if it has.
    pub(super) fn on_exit(&self, callback: Callback) {
        let mut state = self.watch.lock();
        match state.ended.clone() {
            None => state.on_exit = Some(callback),
            Some(ended) => {
                drop(state);
                callback(ended);
            }
        }
    }

    /// Ends its sessions and lets it write a checkpoint; if that takes too long, has it stop at once (the next start
    /// then recovers). Nothing that was committed is lost either way.
    pub(super) fn stop(&self) -> Result<(), DatabaseError> {
        for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
            self.signal(signal);
            if self.ended_within(limit).is_some() {
                return Ok(());
            }
        }
        Err(DatabaseError::Stop { pid: self.pid.as_raw_pid() })
    }

    fn signal(&self, signal: Signal) {
        let mut state = self.watch.lock();
        state.stopping = true;
        if state.ended.is_none() {
            // It may be a zombie already, which takes no offence.
            let _ = kill_process(self.pid, signal);
        }
    }

    fn ended_within(&self, limit: Duration) -> Option<String> {
        let runs = |state: &mut State| state.ended.is_none();
        let waited = self.watch.changed.wait_timeout_while(self.watch.lock(), limit, runs);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.is_left_alone() {
            let _ = self.stop();
        }
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keeper thread: lives as long as the child.
fn keep(mut command: Command, spawned: &SyncSender<io::Result<Pid>>, watch: &Watch) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let _ = spawned.send(Err(error));
            return;
        }
    };
    let pid = Pid::from_child(&child);
    let _ = spawned.send(Ok(pid));
    // Waits without reaping, so that the number stays the child's until the state says that it has ended.
    let exited = || waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
    while matches!(exited(), Err(rustix::io::Errno::INTR)) {}
    let mut state = watch.lock();
    let ended = reap(&mut child);
    state.ended = Some(ended.clone());
    let callback = state.on_exit.take().filter(|_| !state.stopping);
    drop(state);
    watch.changed.notify_all();
    if let Some(callback) = callback {
        callback(ended);
    }
}

fn reap(child: &mut Child) -> String {
    child.wait().map_or_else(|error| error.to_string(), |status| format!("it ended with {status}"))
}

fn open_log(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| found.len() > LOG_BYTES) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

fn tail(path: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
