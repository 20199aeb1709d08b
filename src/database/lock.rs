//! Who may start and stop Postgres, and who is using it, as two file locks that the kernel lets go when a process dies.
//!
//! `lock` is held by the one process whose child Postgres is, from before the start until after the stop.
//! `gate` is *closed* (exclusive) while Postgres is starting or stopping, and held *shared* by every other process
//! that uses it: so nobody walks in on a half-started server, and an owner that is done waits for its guests.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::data_dir::DataDir;
use super::{DatabaseError, wait};

/// How long an owner means to stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tenure {
    /// Until it is told to stop: others should not wait for it.
    Service,
    /// As long as one command takes: others wait.
    Command,
}

/// The right to start and stop Postgres in a data directory.
#[derive(Debug)]
pub(super) struct Ownership {
    owner: File,
    gate: File,
    tenure: Tenure,
}

impl Ownership {
    /// Takes the lock unless another holds it; the gate is left as it is.
    pub(super) fn try_take(data_dir: &DataDir, tenure: Tenure) -> Result<Option<Self>, DatabaseError> {
        let path = owner_path(data_dir);
        let mut owner = open(path.clone())?;
        if !taken(owner.try_lock()).map_err(DatabaseError::at("lock", &path))? {
            return Ok(None);
        }
        let label = match tenure {
            Tenure::Service => format!("service {}\n", std::process::id()),
            Tenure::Command => String::new(),
        };
        relabel(&mut owner, &label).map_err(DatabaseError::at("write", path))?;
        Ok(Some(Self { owner, gate: open(gate_path(data_dir))?, tenure }))
    }

    /// Keeps newcomers out and waits until the guests have left; false if some stayed beyond `limit`.
    pub(super) fn close_gate(&self, limit: Duration) -> io::Result<bool> {
        let closed = wait::until(limit, || taken(self.gate.try_lock()).map(|closed| closed.then_some(())))?;
        Ok(closed.is_some())
    }

    pub(super) fn open_gate(&self) -> io::Result<()> {
        self.gate.unlock()
    }

    pub(super) fn tenure(&self) -> Tenure {
        self.tenure
    }
}

impl Drop for Ownership {
    /// Unlocks by hand: a child that another thread is just forking holds a copy of the descriptors until it execs.
    /// The gate stays shut until the lock is free, so that whoever waited at it finds the lock free.
    fn drop(&mut self) {
        let _ = relabel(&mut self.owner, "");
        let _ = self.owner.unlock();
        let _ = self.gate.unlock();
    }
}

/// The right to use a Postgres that another process owns: it will not stop it meanwhile without need.
#[derive(Debug)]
pub(super) struct Seat(File);

impl Seat {
    /// None while the gate is closed.
    pub(super) fn try_take(data_dir: &DataDir) -> Result<Option<Self>, DatabaseError> {
        let path = gate_path(data_dir);
        let gate = open(path.clone())?;
        let entered = taken(gate.try_lock_shared()).map_err(DatabaseError::at("lock", path))?;
        Ok(entered.then(|| Self(gate)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// The process of the service that holds the lock. None if a command holds it, or one that is just taking or leaving
/// it: the label of a service that was killed stays, so its process has to be alive.
pub(super) fn service_on(data_dir: &DataDir) -> Option<i32> {
    let label = fs::read_to_string(owner_path(data_dir)).ok()?;
    let pid = Pid::from_raw(label.strip_prefix("service ")?.trim().parse().ok()?)?;
    let alive = test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
    alive.then(|| pid.as_raw_pid())
}

fn owner_path(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("lock")
}

fn gate_path(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("gate")
}

fn open(path: PathBuf) -> Result<File, DatabaseError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(&path).map_err(DatabaseError::at("open", path))
}

fn taken(result: Result<(), TryLockError>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn relabel(file: &mut File, label: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(label.as_bytes())
}
