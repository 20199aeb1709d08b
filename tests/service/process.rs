//! `uprof` in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uprof::domain::id::{ApiKeyId, OrganizationId};
use uuid::Uuid;

use crate::scratch::{MAX_WAIT, eventually};
use crate::support::{Client, Key};

/// The binary, without the settings of the environment.
pub(crate) fn uprof() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("UPROF_")) {
        command.env_remove(name);
    }
    command.env_remove("DATABASE_URL").env_remove("PGPASSWORD").stdin(Stdio::null());
    command
}

/// A running process, whose output is captured. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

impl Process {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let stderr = Lines::of(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// How it ends by itself.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        eventually("the process ends", || self.child.try_wait().unwrap())
    }

    /// The one line with which it fails.
    #[track_caller]
    pub(crate) fn refusal(mut self) -> String {
        let status = self.wait();
        let lines = self.stderr.to_the_end();
        assert_eq!(status.code(), Some(1), "{lines:?}");
        assert_eq!(lines.len(), 1, "{lines:?}");
        if lines[0].starts_with('{') {
            let line: Value = serde_json::from_str(&lines[0]).unwrap();
            assert!(line["level"] == "ERROR" && line["timestamp"].is_string(), "{line}");
            line["message"].as_str().unwrap().to_owned()
        } else {
            lines[0].strip_prefix("error: ").unwrap().to_owned()
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A `dev` that is killed has no time to stop its Postgres.
        for signal in [Signal::INT, Signal::INT, Signal::KILL] {
            if self.has_ended() {
                return;
            }
            self.signal(signal);
            if signal == Signal::KILL || !thread::panicking() {
                let _ = self.child.wait();
            }
        }
    }
}

/// The lines that a process has printed so far.
#[derive(Clone)]
pub(crate) struct Lines(Arc<(Mutex<Printed>, Condvar)>);

#[derive(Default)]
struct Printed {
    lines: Vec<String>,
    ended: bool,
}

impl Lines {
    pub(crate) fn of(stream: impl Read + Send + 'static) -> Self {
        let lines = Self(Arc::default());
        let theirs = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                theirs.change(|printed| printed.lines.push(line.unwrap()));
            }
            theirs.change(|printed| printed.ended = true);
        });
        lines
    }

    fn change(&self, change: impl FnOnce(&mut Printed)) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    /// What `pick` finds in one of them, however late it is printed.
    #[track_caller]
    pub(crate) fn find<T>(&self, pick: impl Fn(&str) -> Option<T>) -> T {
        let found = |printed: &Printed| printed.lines.iter().find_map(|line| pick(line));
        let (lock, changed) = &*self.0;
        let waiting = |printed: &mut Printed| found(printed).is_none() && !printed.ended;
        let (printed, _) = changed.wait_timeout_while(lock.lock().unwrap(), MAX_WAIT, waiting).unwrap();
        found(&printed).unwrap_or_else(|| panic!("no such line: {:#?}", printed.lines))
    }

    /// All of them, so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.0.0.lock().unwrap().lines.clone()
    }

    /// All of them, once the process has ended.
    #[track_caller]
    pub(crate) fn to_the_end(&self) -> Vec<String> {
        let (lock, changed) = &*self.0;
        let (printed, _) =
            changed.wait_timeout_while(lock.lock().unwrap(), MAX_WAIT, |printed| !printed.ended).unwrap();
        assert!(printed.ended, "the process still prints: {:#?}", printed.lines);
        printed.lines.clone()
    }
}

/// A running service.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    /// Without a key.
    pub(crate) client: Client,
}

impl Service {
    /// `uprof serve`.
    pub(crate) fn serve(url: &SecretString, arguments: &[&str]) -> Self {
        let process = Process::spawn(serve(url, arguments));
        let address = process.stderr.find(address);
        Self { process, address, client: Client::new(address) }
    }

    /// `uprof dev`, and its key.
    pub(crate) fn dev(data: &Path, arguments: &[&str]) -> (Self, Key) {
        let process = Process::spawn(dev(data, arguments));
        let address = process.stdout.find(address);
        let key =
            key(process.stdout.find(|line| line.trim().strip_prefix("API key ").map(|key| key.trim().to_owned())));
        (Self { process, address, client: Client::new(address).with_key(&key) }, key)
    }
}

/// A key of which only the secret is known.
pub(crate) fn key(secret: String) -> Key {
    Key { organization: OrganizationId::new(Uuid::nil()), id: ApiKeyId::new(Uuid::nil()), secret }
}

/// `uprof serve` on a free port.
pub(crate) fn serve(url: &SecretString, arguments: &[&str]) -> Command {
    let mut command = uprof();
    command.args(["serve", "--listen=127.0.0.1:0", "--workers=2"]).args(arguments);
    command.env("DATABASE_URL", url.expose_secret());
    command
}

/// `uprof dev` on a free port, unless `arguments` name another.
pub(crate) fn dev(data: &Path, arguments: &[&str]) -> Command {
    let mut command = uprof();
    command.arg("dev").arg("--data-dir").arg(data).arg("--workers=2").args(arguments);
    if !arguments.iter().any(|argument| argument.starts_with("--listen")) {
        command.arg("--listen=127.0.0.1:0");
    }
    command
}

fn address(line: &str) -> Option<SocketAddr> {
    let (_, after) = line.split_once("listening on http://")?;
    after.split(|other: char| !other.is_ascii_hexdigit() && !"[]:.".contains(other)).next()?.parse().ok()
}
