//! The Postgres of a test run: a private cluster in a process of its own, the host, which notices the end of the run in any case, and
//! then stops the cluster and removes its directory. (The test runner does not report the end of the last test, and statics are
//! never dropped.)

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use secrecy::SecretString;
use uprof::database::{Embedded, EmbeddedOptions};
use uprof::storage::migrate;

use super::database::{SERVICE_ROLE, runtime, try_execute};

/// The variable that makes the process the host; its value is the directory.
const HOST: &str = "UPROF_TEST_CLUSTER";

/// The cluster's database, migrated: what each test's own database is a copy of.
pub(crate) struct Cluster {
    url: String,
    /// It reads its standard input, which the system closes when this process ends.
    _host: Child,
    _stdout: BufReader<ChildStdout>,
}

impl Cluster {
    /// The one of this run, started when it is first asked for.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The address of the migrated database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn start() -> Self {
        let mut host = Command::new(env::current_exe().unwrap())
            .args(["--exact", "support::cluster::the_host_in_another_process", "--ignored", "--nocapture"])
            .env(HOST, env::temp_dir().join(format!("uprof-it-{}", std::process::id())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C ends the run; the host then still has to clean up.
            .process_group(0)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(host.stdout.take().unwrap());
        // The test runner prints before it, perhaps on the same line.
        let url = stdout
            .by_ref()
            .lines()
            .find_map(|line| line.unwrap().split_once("postgres://").map(|(_, rest)| format!("postgres://{rest}")));
        Self { url: url.expect("the tests have no Postgres"), _host: host, _stdout: stdout }
    }
}

#[test]
#[ignore = "the other tests run it, in a process of its own"]
fn the_host_in_another_process() {
    let Some(directory) = env::var_os(HOST).map(std::path::PathBuf::from) else { return };
    // Postgres' account has to pass through it.
    DirBuilder::new().mode(0o755).create(&directory).unwrap();
    let outcome = std::panic::catch_unwind(|| {
        // Nothing here has to survive a crash of the machine; the tests that kill the service have databases of their own.
        // Autovacuum reads indexes at a time of its own: tests that count what was read would count that too.
        let settings =
            [("fsync", "off"), ("full_page_writes", "off"), ("max_connections", "500"), ("autovacuum", "off")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = EmbeddedOptions { data_dir: Some(directory.join("data")), settings };
        let embedded = Embedded::start(&options).unwrap();
        runtime().block_on(migrate(&SecretString::from(embedded.url()))).unwrap();
        try_execute(embedded.url(), SERVICE_ROLE).unwrap();
        println!("{}", embedded.url());
        std::io::stdin().lines().for_each(drop);
        embedded.stop().unwrap();
    });
    fs::remove_dir_all(&directory).unwrap();
    // The output of the test runner has no reader any more.
    std::process::exit(i32::from(outcome.is_err()));
}
