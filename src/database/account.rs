//! Under whose account Postgres runs: our own, except that root has to become somebody else (Postgres refuses root).

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::DatabaseError;

/// `postgres` owns nothing of ours but is the name a person expects; `nobody` is everywhere.
const CANDIDATES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The account of the server's processes and files.
pub(super) struct Account {
    /// Set when we are root: whom to become.
    drop_to: Option<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    pub(super) fn choose() -> Result<Self, DatabaseError> {
        if !is_root() {
            return Ok(Self { drop_to: None });
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(DatabaseError::at("read", path))?;
        match unprivileged(&passwd) {
            Some(entry) => Ok(Self { drop_to: Some(entry) }),
            None => Err(DatabaseError::NoAccount),
        }
    }

    pub(super) fn uid(&self) -> u32 {
        self.drop_to.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |entry| entry.uid)
    }

    /// Hands `path`, which we have just made, to the account.
    pub(super) fn give(&self, path: &Path) -> io::Result<()> {
        match &self.drop_to {
            Some(entry) => chown(path, Some(entry.uid), Some(entry.gid)),
            None => Ok(()),
        }
    }

    /// Whether the account can enter `directory`; the error names the first ancestor that is closed to it.
    pub(super) fn require_reach(&self, directory: &Path) -> Result<(), DatabaseError> {
        let Some(entry) = &self.drop_to else { return Ok(()) };
        let mut way: Vec<&Path> = directory.ancestors().collect();
        way.reverse();
        for step in way {
            let found = fs::metadata(step).map_err(DatabaseError::at("read", step))?;
            let search = match () {
                () if found.uid() == entry.uid => 0o100,
                () if found.gid() == entry.gid => 0o010,
                () => 0o001,
            };
            if found.mode() & search == 0 {
                return Err(DatabaseError::Unreachable { user: entry.name.clone(), blocked_at: PathBuf::from(step) });
            }
        }
        Ok(())
    }

    /// `program` under the account, in a process group of its own (so Ctrl-C in a terminal reaches us only), in the C
    /// locale and UTC, without the caller's `PG…` variables, which would redirect it.
    ///
    /// On Linux it gets `on_orphaned` when the *thread* that spawned it ends; elsewhere it lives on.
    pub(super) fn command(&self, program: &Path, on_orphaned: Signal) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Without a locale, macOS makes the postmaster multithreaded, and it refuses to run.
        command.env("LC_ALL", "C").env("TZ", "UTC").process_group(0).current_dir("/").stdin(Stdio::null());
        if let Some(entry) = &self.drop_to {
            command.uid(entry.uid).gid(entry.gid);
        }
        end_with_parent(&mut command, on_orphaned);
        command
    }
}

/// Whether this process is root.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The closure runs after the uid was dropped, which would clear the signal again.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "`pre_exec` is the only way to set a parent-death signal between fork and exec")]
fn end_with_parent(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // The parent may have died before the signal was set; then nobody will send it.
        if rustix::process::getppid() != Some(parent) {
            return Err(rustix::io::Errno::SRCH.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two system calls
    // (prctl, getppid), touches no lock and no heap (an `Errno` becomes an `io::Error` without allocating), and what it
    // captured is `Copy`.
    unsafe {
        command.pre_exec(prepare);
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_: &mut Command, _: Signal) {}

fn unprivileged(passwd: &str) -> Option<Entry> {
    let entries: Vec<Entry> = passwd.lines().filter_map(parse).filter(|entry| entry.uid != 0).collect();
    let rank = |entry: &Entry| CANDIDATES.iter().position(|name| entry.name == *name);
    entries.into_iter().filter(|entry| rank(entry).is_some()).min_by_key(rank)
}

fn parse(line: &str) -> Option<Entry> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?;
    let gid = fields.next()?;
    Some(Entry { name, uid: id(uid)?, gid: id(gid)? })
}

/// macOS writes `nobody` as -2.
fn id(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::{Entry, unprivileged};

    #[test]
    fn the_account_is_postgres_before_nobody_and_never_root() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:*:-2:-2::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
        let postgres = Entry { name: "postgres".into(), uid: 101, gid: 104 };
        assert_eq!(unprivileged(passwd), Some(postgres));
        let nobody = Entry { name: "nobody".into(), uid: u32::MAX - 1, gid: u32::MAX - 1 };
        assert_eq!(unprivileged(&passwd.replace("postgres:", "ada:")), Some(nobody));
        assert_eq!(unprivileged("postgres:x:0:0::/:/bin/sh\nbroken line\n"), None);
    }
}
