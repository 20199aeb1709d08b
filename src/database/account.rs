//! The account that Postgres runs under: that of this process, or an unprivileged one if this process is root, which Postgres refuses.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use super::DatabaseError;

/// Accounts to run under in place of root, in order of preference. `nobody` exists on every system.
const CANDIDATES: [&str; 3] = ["postgres", "_postgres", "nobody"];

/// The account of the server's processes and files.
pub(super) struct Account {
    /// Set if this process is root: the account to run under.
    unprivileged: Option<PasswdEntry>,
}

#[derive(Debug, PartialEq, Eq)]
struct PasswdEntry {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    pub(super) fn choose() -> Result<Self, DatabaseError> {
        if !is_root() {
            return Ok(Self { unprivileged: None });
        }
        let path = Path::new("/etc/passwd");
        let passwd = fs::read_to_string(path).map_err(DatabaseError::at("read", path))?;
        match find_unprivileged(&passwd) {
            Some(entry) => Ok(Self { unprivileged: Some(entry) }),
            None => Err(DatabaseError::NoAccount),
        }
    }

    pub(super) fn uid(&self) -> u32 {
        self.unprivileged.as_ref().map_or_else(|| rustix::process::geteuid().as_raw(), |entry| entry.uid)
    }

    /// Checks that `directory` belongs to this process or to the account: its owner can replace what this process opens in it. Only
    /// root is asked, which no permission stops.
    pub(super) fn require_owner(directory: &Path) -> Result<(), DatabaseError> {
        if !is_root() {
            return Ok(());
        }
        let owner = fs::metadata(directory).map_err(DatabaseError::at("read", directory))?.uid();
        let account = Self::choose().ok().and_then(|account| account.unprivileged);
        if owner == 0 || account.as_ref().is_some_and(|entry| entry.uid == owner) {
            return Ok(());
        }
        let postgres =
            account.map_or_else(|| "the user of Postgres".to_owned(), |entry| format!("user {}", entry.name));
        Err(DatabaseError::ForeignOwner { path: directory.into(), owner, postgres })
    }

    /// Changes the owner of `path`, which this process has just created, to the account.
    pub(super) fn take_ownership_of(&self, path: &Path) -> io::Result<()> {
        match &self.unprivileged {
            Some(entry) => chown(path, Some(entry.uid), Some(entry.gid)),
            None => Ok(()),
        }
    }

    /// Checks that the account can search `directory` and its ancestors; the error names the first that it cannot.
    pub(super) fn require_search_permission(&self, directory: &Path) -> Result<(), DatabaseError> {
        let Some(entry) = &self.unprivileged else { return Ok(()) };
        let mut ancestors: Vec<&Path> = directory.ancestors().collect();
        ancestors.reverse();
        for ancestor in ancestors {
            let found = fs::metadata(ancestor).map_err(DatabaseError::at("read", ancestor))?;
            let search = match () {
                () if found.uid() == entry.uid => 0o100,
                () if found.gid() == entry.gid => 0o010,
                () => 0o001,
            };
            if found.mode() & search == 0 {
                return Err(DatabaseError::Unreachable {
                    user: entry.name.clone(),
                    blocked_at: PathBuf::from(ancestor),
                });
            }
        }
        Ok(())
    }

    /// A command that runs `program` under the account, in a process group of its own (Ctrl-C in a terminal does not reach it), in the
    /// C locale and UTC, without the caller's `PG…` variables, which libpq and Postgres would read.
    ///
    /// On Linux the kernel sends it `on_orphaned` when the *thread* that spawned it ends; on other systems it goes on running.
    pub(super) fn command(&self, program: &Path, on_orphaned: Signal) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        // Without a locale, macOS makes the postmaster multithreaded, and it refuses to run.
        command.env("LC_ALL", "C").env("TZ", "UTC").process_group(0).current_dir("/").stdin(Stdio::null());
        if let Some(entry) = &self.unprivileged {
            command.uid(entry.uid).gid(entry.gid);
        }
        set_parent_death_signal(&mut command, on_orphaned);
        command
    }
}

/// Whether this process is root.
pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The closure runs after the change of uid, which would clear the signal again.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "`pre_exec` is the only way to set a parent-death signal between fork and exec")]
fn set_parent_death_signal(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    let prepare = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // If the parent died before the signal was set, the kernel will not send it.
        if rustix::process::getppid() != Some(parent) {
            return Err(rustix::io::Errno::SRCH.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two system calls
    // (prctl, getppid), touches no lock and no heap (an `Errno` becomes an `io::Error` without allocating), and its
    // captures are `Copy`.
    unsafe {
        command.pre_exec(prepare);
    }
}

#[cfg(not(target_os = "linux"))]
fn set_parent_death_signal(_: &mut Command, _: Signal) {}

fn find_unprivileged(passwd: &str) -> Option<PasswdEntry> {
    let entries: Vec<PasswdEntry> = passwd.lines().filter_map(parse).filter(|entry| entry.uid != 0).collect();
    let rank = |entry: &PasswdEntry| CANDIDATES.iter().position(|name| entry.name == *name);
    entries.into_iter().filter(|entry| rank(entry).is_some()).min_by_key(rank)
}

fn parse(line: &str) -> Option<PasswdEntry> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?;
    let gid = fields.next()?;
    Some(PasswdEntry { name, uid: id(uid)?, gid: id(gid)? })
}

/// macOS writes the ids of `nobody` as -2.
fn id(text: &str) -> Option<u32> {
    text.parse().ok().or_else(|| text.parse::<i32>().ok().map(i32::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use super::{PasswdEntry, find_unprivileged};

    #[test]
    fn the_account_is_postgres_before_nobody_and_never_root() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:*:-2:-2::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
        let postgres = PasswdEntry { name: "postgres".into(), uid: 101, gid: 104 };
        assert_eq!(find_unprivileged(passwd), Some(postgres));
        let nobody = PasswdEntry { name: "nobody".into(), uid: u32::MAX - 1, gid: u32::MAX - 1 };
        assert_eq!(find_unprivileged(&passwd.replace("postgres:", "ada:")), Some(nobody));
        assert_eq!(find_unprivileged("postgres:x:0:0::/:/bin/sh\nbroken line\n"), None);
    }
}
