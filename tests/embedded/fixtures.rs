//! Test support: scratch data directories, queries through `psql`, and processes that own a database.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test whose fixtures fail fails")]

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use uprof::database::{Embedded, EmbeddedOptions};

/// A directory that is removed when dropped; the account of Postgres can search it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("uprof-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        DirBuilder::new().mode(0o711).create(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn options(&self) -> EmbeddedOptions {
        options(&self.0.join("data"))
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The pid of the postmaster, from its pid file.
    pub(crate) fn postmaster(&self) -> Pid {
        let file = fs::read_to_string(self.data().join("postgres/postmaster.pid")).unwrap();
        Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn options(data_dir: &Path) -> EmbeddedOptions {
    EmbeddedOptions { data_dir: Some(data_dir.to_owned()), settings: Vec::new() }
}

/// Runs SQL with `psql`: its unaligned output, or its error message.
pub(crate) fn try_query(url: &str, sql: &str) -> Result<String, String> {
    let mut psql = Command::new("psql");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        psql.env_remove(name);
    }
    let output = psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

pub(crate) fn query(url: &str, sql: &str) -> String {
    try_query(url, sql).unwrap()
}

/// Another process that runs the database in `data` until its standard input closes.
pub(crate) struct Owner {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Open until the process ends, since the test runner writes to it then.
    _stdout: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Owner {
    pub(crate) fn service(data: &Path) -> Self {
        Self::spawn("service", data)
    }

    pub(crate) fn command(data: &Path) -> Self {
        Self::spawn("command", data)
    }

    /// The process right after its start, before the database is ready.
    pub(crate) fn begin(role: &str, data: &Path) -> Child {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "fixtures::the_owner_in_another_process", "--ignored", "--nocapture"])
            .env("UPROF_TEST_ROLE", role)
            .env("UPROF_TEST_DATA", data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn spawn(role: &str, data: &Path) -> Self {
        let mut child = Self::begin(role, data);
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut lines = stdout.by_ref().lines();
        // The test runner prints before it, perhaps on the same line.
        let url = lines
            .find_map(|line| line.unwrap().split_once("postgres://").map(|(_, rest)| format!("postgres://{rest}")));
        Self { child, stdin, _stdout: stdout, url: url.expect("the other process has no database") }
    }

    pub(crate) fn request_stop(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    pub(crate) fn pid(&self) -> i32 {
        Pid::from_child(&self.child).as_raw_pid()
    }

    pub(crate) fn kill(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::KILL).unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.request_stop();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the other tests run it, in a process of its own"]
fn the_owner_in_another_process() {
    let data = PathBuf::from(env::var_os("UPROF_TEST_DATA").unwrap());
    let database = match env::var("UPROF_TEST_ROLE").unwrap().as_str() {
        "service" => Embedded::start(&options(&data)),
        _ => Embedded::join_or_start(&options(&data)),
    }
    .unwrap();
    println!("{}", database.url());
    std::io::stdin().lines().for_each(drop);
    database.stop().unwrap();
}
