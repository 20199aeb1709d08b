//! Reads `postmaster.pid`, and stops a postmaster that is not a child of this process.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use super::{DatabaseError, socket, wait};

/// Limit of a fast shutdown, which ends sessions and writes a checkpoint.
pub(super) const FAST_LIMIT: Duration = Duration::from_secs(10);
/// Limit of an immediate shutdown, which kills its children after 5 s at the latest; the next start recovers.
pub(super) const IMMEDIATE_LIMIT: Duration = Duration::from_secs(7);

/// The contents of `postmaster.pid`; stale if the postmaster was killed.
pub(super) struct Postmaster {
    pub(super) pid: Pid,
    /// Whether its status line says that it accepts connections.
    pub(super) ready: bool,
    socket_dir: PathBuf,
}

impl Postmaster {
    /// None if there is no such file, or it is not completely written yet.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        let content = fs::read(pid_file(cluster)).ok()?;
        let lines: Vec<&[u8]> = content.split(|&byte| byte == b'\n').collect();
        // The order of the lines: src/include/utils/pidfile.h of PostgreSQL.
        let pid = std::str::from_utf8(lines.first()?).ok()?.trim().parse().ok().and_then(Pid::from_raw)?;
        let socket_dir = lines.get(4).map(|line| PathBuf::from(OsStr::from_bytes(line))).unwrap_or_default();
        let ready = lines.get(7).is_some_and(|status| status.trim_ascii() == b"ready");
        Some(Self { pid, ready, socket_dir })
    }

    /// The socket directory of the postmaster, if it accepts connections.
    pub(super) fn accepting_socket_dir(cluster: &Path) -> Option<PathBuf> {
        let postmaster = Self::read(cluster).filter(|postmaster| postmaster.ready)?;
        UnixStream::connect(postmaster.socket_dir.join(socket::FILE)).ok()?;
        Some(postmaster.socket_dir)
    }
}

/// Stops a Postgres whose owner was killed. The caller holds the owner lock, so no other process owns it.
pub(super) fn stop_orphan(cluster: &Path) -> Result<(), DatabaseError> {
    let Some(Postmaster { pid, .. }) = Postmaster::read(cluster) else { return Ok(()) };
    for (signal, limit) in [(Signal::INT, FAST_LIMIT), (Signal::QUIT, IMMEDIATE_LIMIT)] {
        if runs_on(pid, cluster) {
            // It may have exited since; then the wait is short.
            let _ = kill_process(pid, signal);
            wait::until(limit, || Ok((!runs_on(pid, cluster)).then_some(())))?;
        }
    }
    if runs_on(pid, cluster) {
        return Err(DatabaseError::Orphan { pid: pid.as_raw_pid() });
    }
    let pid_in_use = test_kill_process(pid) != Err(rustix::io::Errno::SRCH);
    if pid_in_use && Postmaster::read(cluster).is_some_and(|stale| stale.pid == pid) {
        // Another process has the pid now; Postgres would take it for a running postmaster, and refuse to start.
        let path = pid_file(cluster);
        fs::remove_file(&path).map_err(DatabaseError::at("remove", path))?;
    }
    Ok(())
}

fn pid_file(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// Whether the process is a postmaster of this cluster, and not another process that has reused its pid.
#[cfg(target_os = "linux")]
fn runs_on(pid: Pid, cluster: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let process = PathBuf::from(format!("/proc/{}", pid.as_raw_pid()));
    let inode = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    // The working directory of Postgres is its data directory; a zombie has none.
    let in_cluster = inode(&process.join("cwd")).is_some_and(|cwd| Some(cwd) == inode(cluster));
    in_cluster && fs::read(process.join("comm")).is_ok_and(|name| name.trim_ascii() == b"postgres")
}

/// Whether the process is a postmaster of this cluster, and not another process that has reused its pid.
#[cfg(not(target_os = "linux"))]
fn runs_on(pid: Pid, cluster: &Path) -> bool {
    let mut ps = std::process::Command::new("ps");
    let Ok(output) = ps.args(["-o", "command=", "-p", &pid.as_raw_pid().to_string()]).output() else { return false };
    let command = String::from_utf8_lossy(&output.stdout).into_owned();
    command.contains("postgres") && command.contains(&*cluster.to_string_lossy())
}
