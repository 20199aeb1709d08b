//! The files of the private cluster: created completely or not at all.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use super::account::Account;
use super::data_dir::DataDir;
use super::error::reason;
use super::installation::Installation;
use super::{DatabaseError, wait};

/// The superuser of the cluster.
pub(super) const USER: &str = "uprof";

/// The database in the cluster.
pub(super) const DATABASE: &str = "uprof";

/// A cluster under construction has this name and the process id of its creator, beside the final one.
const UNFINISHED: &str = "postgres.new-";

/// Removing the files of an interrupted attempt takes this long only if its `initdb` is still running.
const CLEANUP_LIMIT: Duration = Duration::from_secs(10);

/// The major version that created the cluster; None if there is no cluster yet.
pub(super) fn major(data_dir: &DataDir) -> Result<Option<u32>, DatabaseError> {
    let cluster = data_dir.cluster();
    if !cluster.try_exists().map_err(DatabaseError::at("read", &cluster))? {
        return Ok(None);
    }
    let version = fs::read_to_string(cluster.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
    version.map(Some).ok_or_else(|| DatabaseError::Init {
        data_dir: data_dir.path().into(),
        detail: format!("{} exists and is not a PostgreSQL cluster", cluster.display()),
    })
}

/// Creates the cluster with its superuser and its database. The caller holds the owner lock.
///
/// It is created under a temporary name and renamed once it is complete and on disk, so that a kill or a full disk leaves no partial
/// cluster. The files of interrupted attempts are removed.
pub(super) fn create(data_dir: &DataDir, installation: &Installation, account: &Account) -> Result<(), DatabaseError> {
    let at = |doing| DatabaseError::at(doing, data_dir.path());
    // An `initdb` whose parent was killed may still run for a moment, and create files while they are removed.
    let mut last_error = None;
    let removed = wait::until(CLEANUP_LIMIT, || {
        last_error = remove_unfinished(data_dir.path()).err();
        Ok(last_error.is_none().then_some(()))
    })?;
    if let (None, Some(error)) = (removed, last_error) {
        return Err(at("clean up")(error));
    }
    let unfinished = data_dir.path().join(format!("{UNFINISHED}{}", std::process::id()));
    let created = DirBuilder::new()
        .mode(0o700)
        .create(&unfinished)
        .and_then(|()| account.take_ownership_of(&unfinished))
        .map_err(DatabaseError::at("create", &unfinished))
        .and_then(|()| initialize(&unfinished, installation, account))
        .and_then(|()| fs::rename(&unfinished, data_dir.cluster()).map_err(at("create the database in")));
    if let Err(error) = created {
        // The first failure is the one to report; the next start cleans up again.
        let _ = fs::remove_dir_all(&unfinished);
        return Err(match error {
            DatabaseError::Init { detail, .. } => DatabaseError::Init { data_dir: data_dir.path().into(), detail },
            other => other,
        });
    }
    File::open(data_dir.path()).and_then(|directory| directory.sync_all()).map_err(at("sync"))
}

fn initialize(directory: &Path, installation: &Installation, account: &Account) -> Result<(), DatabaseError> {
    let mut initdb = account.command(&installation.initdb(), Signal::TERM);
    initdb.arg("-D").arg(directory).args(["--no-locale", "--encoding=UTF8", "--username", USER]);
    // The mode of the socket directory decides who may connect; the server listens nowhere else.
    initdb.args(["--auth-local=trust", "--auth-host=reject"]);
    run(initdb, "")?;

    // In single-user mode: it needs no running server, and no psql, which is a package of its own on some systems.
    let mut single = account.command(&installation.postgres(), Signal::TERM);
    single.arg("--single").arg("-D").arg(directory).args(["-c", "exit_on_error=on", "-c", "log_destination=stderr"]);
    single.args(["-c", "logging_collector=off", "postgres"]);
    run(single, &format!("create database {DATABASE}\n"))
}

/// Runs a program until it exits. An `Init` error leaves `data_dir` empty: the caller fills it in.
fn run(mut command: Command, input: &str) -> Result<(), DatabaseError> {
    let program = PathBuf::from(command.get_program());
    let run = |command: &mut Command| {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that exits early reports why on its stderr.
            let _ = stdin.write_all(input.as_bytes());
        }
        child.wait_with_output()
    };
    let output = run(&mut command).map_err(|source| DatabaseError::Io { doing: "run", path: program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let detail = reason(&String::from_utf8_lossy(&output.stderr));
    Err(DatabaseError::Init { data_dir: PathBuf::new(), detail })
}

fn remove_unfinished(data_dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(data_dir)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
