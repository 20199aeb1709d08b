//! The data directory of another user, links in it, and a disk that is full.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a missing error fails the test")]

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Signal, kill_process};
use uprof::database::{DatabaseError, Embedded};

use crate::fixtures::{Scratch, query};

fn refusal(scratch: &Scratch) -> DatabaseError {
    loop {
        let error = Embedded::start(&scratch.options()).unwrap_err();
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
        // A process that another test has just forked holds the lock of an earlier attempt until it executes its program.
        if !matches!(error, DatabaseError::InUse { .. }) {
            return error;
        }
        std::thread::yield_now();
    }
}

fn is_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped, only root is concerned: {test}");
    }
    is_root
}

#[test]
fn root_refuses_a_data_directory_of_a_user_who_is_not_that_of_postgres() {
    if !is_root("the owner of the data directory") {
        return;
    }
    let scratch = Scratch::new();
    fs::create_dir(scratch.data()).unwrap();
    chown(scratch.data(), Some(54_321), Some(54_321)).unwrap();
    let error = refusal(&scratch);
    assert!(matches!(&error, DatabaseError::ForeignOwner { owner: 54_321, .. }), "{error}");
    assert_eq!(fs::read_dir(scratch.data()).unwrap().count(), 0);
}

#[test]
fn a_link_in_place_of_a_file_is_refused_and_its_target_is_not_changed() {
    let scratch = Scratch::new();
    let target = scratch.path().join("target");
    for name in ["lock", "gate", "postgres.log"] {
        fs::write(&target, "private").unwrap();
        fs::create_dir_all(scratch.data()).unwrap();
        let link = scratch.data().join(name);
        symlink(&target, &link).unwrap();
        let error = refusal(&scratch).to_string();
        assert!(error.contains(&link.display().to_string()) && error.contains("symbolic link"), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "private", "{name}");
        fs::remove_file(link).unwrap();
    }
    // In place of a link to nothing a file would be created.
    fs::remove_file(scratch.data().join("lock")).unwrap();
    symlink(scratch.path().join("nothing"), scratch.data().join("lock")).unwrap();
    refusal(&scratch);
    assert!(!scratch.path().join("nothing").exists());
}

/// A file system of 100 MB.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this process may not mount one.
    fn mount(at: PathBuf) -> Option<Self> {
        fs::create_dir(&at).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=100m,mode=711", "tmpfs"]).arg(&at).output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        if !is_mounted {
            println!("skipped, this process may not mount a file system: a full disk");
        }
        is_mounted.then_some(Self(at))
    }

    /// Fills it but for `free` bytes.
    fn fill_but(&self, free: u64) {
        let mut file = File::create(self.filler()).unwrap();
        let page = [1; 4096];
        loop {
            match file.write_all(&page) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        file.set_len(file.metadata().unwrap().len() - free).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        assert!(Command::new("umount").arg(&self.0).status().unwrap().success());
    }
}

/// Takes from a cluster that was killed the pages of a table, as if they had not been written before the kill.
fn lose_pages(cluster: &Path, file: &str) {
    OpenOptions::new().write(true).open(cluster.join(file)).unwrap().set_len(0).unwrap();
}

#[test]
fn a_postgres_that_cannot_recover_for_want_of_space_says_so_and_recovers_when_there_is_some() {
    let scratch = Scratch::new();
    let Some(disk) = SmallDisk::mount(scratch.data()) else { return };
    let database = Embedded::start(&scratch.options()).unwrap();
    let url = database.url();
    query(url, "create table filler as select repeat('x', 100) as text from generate_series(1, 60000)");
    let file = query(url, "select pg_relation_filepath('filler')");
    kill_process(scratch.postmaster(), Signal::KILL).unwrap();
    while database.exited().is_none() {
        std::thread::yield_now();
    }
    drop(database);
    lose_pages(&scratch.data().join("postgres"), &file);
    disk.fill_but(0);
    let error = refusal(&scratch);
    assert!(matches!(&error, DatabaseError::Full { .. }), "{error}");
    disk.fill_but(256 * 1024);
    let error = refusal(&scratch).to_string();
    assert!(error.contains("could not extend file") && error.contains("KB are free on its disk"), "{error}");
    fs::remove_file(disk.filler()).unwrap();
    let database = Embedded::start(&scratch.options()).unwrap();
    assert_eq!(query(database.url(), "select count(*) from filler"), "60000");
    database.stop().unwrap();
}
