//! `uprof import` that is killed, and whose service is killed: every line is there once in the end.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use secrecy::ExposeSecret;
use serde_json::Value;

use super::directory::Directory;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::database::Database;
use crate::support::max_wait::eventually;
use crate::support::{Client, Key, KeySpec};

/// How often an import is interrupted, unless the environment asks for more.
const INTERRUPTIONS: u64 = 6;

/// The lines of a batch: few, so that there are many batches.
const BATCH_LINES: u64 = 20;

/// A service in a process of its own, at one address for all its lives.
struct Service {
    address: SocketAddr,
    child: Child,
    database: Database,
}

fn serve(address: SocketAddr, database: &Database) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("UPROF_")) {
        command.env_remove(name);
    }
    command.args(["serve", "--workers=2", "--listen"]).arg(address.to_string());
    command.env("DATABASE_URL", database.url().expose_secret());
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the service listens", || TcpStream::connect(address).ok());
    child
}

impl Service {
    fn start() -> Self {
        let database = Database::migrated();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Self { address, child: serve(address, &database), database }
    }

    fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = serve(self.address, &self.database);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn import(service: &Service, key: &Key, path: &str, mode: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    command.args(["import", path, "--on-existing", mode, "--errors"]).arg(format!("{path}.errors"));
    command.arg(format!("--batch-lines={BATCH_LINES}"));
    command.env("ANTHROPIC_BASE_URL", format!("http://{}", service.address)).env("ANTHROPIC_API_KEY", &key.secret);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How many lines are recorded as done.
fn done(path: &str) -> u64 {
    let state = fs::read(format!("{path}.uprof-import.json")).ok();
    let state: Option<Value> = state.and_then(|state| serde_json::from_slice(&state).ok());
    let counts = state.as_ref().and_then(|state| state["counts"].as_object());
    counts.map_or(0, |counts| counts.values().filter_map(Value::as_u64).sum())
}

fn random(limit: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % limit
}

#[test]
fn an_import_that_is_killed_anywhere_and_run_again_has_each_line_once() {
    let asked = env::var("UPROF_TEST_INTERRUPTIONS").ok();
    let interruptions = asked.map_or(INTERRUPTIONS, |number| number.parse().unwrap());
    for mode in ["skip", "create", "update"] {
        interrupted(mode, interruptions);
    }
}

fn interrupted(mode: &str, interruptions: u64) {
    let directory = Directory::new();
    let mut service = Service::start();
    let accounts = Accounts::of(service.database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let lines = (interruptions + 2) * 4 * BATCH_LINES;
    // With and without an external id, and some that are rejected.
    let line = |number: u64| match number % 10 {
        9 => format!("{{\"name\":{number}}}\n"),
        even if even % 2 == 0 => {
            format!("{{\"external_id\":\"user_{number}\",\"metadata\":{{\"line\":\"{number}\"}}}}\n")
        }
        _ => format!("{{\"metadata\":{{\"line\":\"{number}\"}}}}\n"),
    };
    let path = directory.write("a.ndjson", (0..lines).map(line).collect::<String>());
    for interruption in 0..interruptions {
        let mut running = import(&service, &key, &path, mode);
        // Anywhere in the share of the file that is left for this interruption.
        let until = done(&path) + random(6 * BATCH_LINES);
        eventually("progress", || (done(&path) >= until || running.try_wait().unwrap().is_some()).then_some(()));
        if interruption % 3 == 2 {
            service.kill_and_restart();
            let until = done(&path) + 1;
            eventually("progress", || (done(&path) >= until || running.try_wait().unwrap().is_some()).then_some(()));
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let ended = import(&service, &key, &path, mode).wait_with_output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap();
    let rejected = lines / 10;
    assert_eq!(ended.status.code(), Some(1), "{mode} {said} {}", String::from_utf8(ended.stderr).unwrap());
    assert!(
        said.starts_with(&format!("{lines} lines: ")) && said.ends_with(&format!(" {rejected} rejected\n")),
        "{said}"
    );

    let client = Client::new(service.address).with_key(&key);
    let mut found = BTreeMap::<u64, u64>::new();
    for profile in client.pages("limit=100").concat() {
        *found.entry(profile["metadata"]["line"].as_str().unwrap().parse().unwrap()).or_default() += 1;
    }
    let expected: BTreeMap<_, _> = (0..lines).filter(|number| number % 10 != 9).map(|number| (number, 1)).collect();
    assert_eq!(found, expected, "{mode}");
    let errors = directory.read("a.ndjson.errors");
    let mut numbers: Vec<_> = errors
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["line_number"].as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..rejected).map(|number| number * 10 + 10).collect::<Vec<_>>(), "{mode}");
}
