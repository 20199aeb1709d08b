//! Which process owns the embedded Postgres, and which use it: two file locks, which the kernel releases when a process dies.
//!
//! `lock` is held by the owner, the process whose child Postgres is, from before the start until after the stop.
//! `gate` is locked exclusively (*closed*) while Postgres starts or stops, and shared by each other process that uses it: no process
//! joins a server that is not ready, and an owner waits for the processes that have joined before it stops the server.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::data_dir::DataDir;
use super::file::open_file;
use super::{DatabaseError, wait};

/// How long an owner is expected to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OwnerKind {
    /// Until it is stopped: another service does not wait for it.
    Service,
    /// As long as one command takes: other processes wait for it.
    Command,
}

/// Held by the process that starts and stops Postgres in a data directory.
#[derive(Debug)]
pub(super) struct OwnerLock {
    owner: File,
    gate: File,
    kind: OwnerKind,
}

impl OwnerLock {
    /// Acquires the lock; None if another process holds it. The gate is not changed.
    pub(super) fn try_acquire(data_dir: &DataDir, kind: OwnerKind) -> Result<Option<Self>, DatabaseError> {
        let path = owner_path(data_dir);
        let mut owner = open(path.clone())?;
        if !acquired(owner.try_lock()).map_err(DatabaseError::at("lock", &path))? {
            return Ok(None);
        }
        let label = match kind {
            OwnerKind::Service => format!("service {}\n", std::process::id()),
            OwnerKind::Command => String::new(),
        };
        relabel(&mut owner, &label).map_err(DatabaseError::at("write", path))?;
        Ok(Some(Self { owner, gate: open(gate_path(data_dir))?, kind }))
    }

    /// Waits until no process shares the gate, and closes it; false if one still does after `limit`.
    pub(super) fn close_gate(&self, limit: Duration) -> io::Result<bool> {
        let closed = wait::until(limit, || acquired(self.gate.try_lock()).map(|closed| closed.then_some(())))?;
        Ok(closed.is_some())
    }

    pub(super) fn open_gate(&self) -> io::Result<()> {
        self.gate.unlock()
    }

    pub(super) fn kind(&self) -> OwnerKind {
        self.kind
    }
}

impl Drop for OwnerLock {
    /// Unlocks explicitly: a child that another thread is forking holds a copy of the descriptors until it execs. The gate opens
    /// after the lock is released, so that a process that waited for the gate can acquire the lock.
    fn drop(&mut self) {
        let _ = relabel(&mut self.owner, "");
        let _ = self.owner.unlock();
        let _ = self.gate.unlock();
    }
}

/// Held by a process that uses a Postgres which another process owns: the owner waits for its release before it stops the server.
#[derive(Debug)]
pub(super) struct SharedLock(File);

impl SharedLock {
    /// None while the gate is closed.
    pub(super) fn try_acquire(data_dir: &DataDir) -> Result<Option<Self>, DatabaseError> {
        let path = gate_path(data_dir);
        let gate = open(path.clone())?;
        let acquired = acquired(gate.try_lock_shared()).map_err(DatabaseError::at("lock", path))?;
        Ok(acquired.then(|| Self(gate)))
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// The process id of the service that holds the lock; None if no process or a command holds it. The label of a killed service
/// stays in the file, so the process has to be alive.
pub(super) fn owning_service(data_dir: &DataDir) -> Option<i32> {
    let file = open_file(&owner_path(data_dir), OpenOptions::new().read(true)).ok()?;
    let label = io::read_to_string(file).ok()?;
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
    open_file(&path, &mut options).map_err(DatabaseError::at("open", path))
}

fn acquired(result: Result<(), TryLockError>) -> io::Result<bool> {
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
