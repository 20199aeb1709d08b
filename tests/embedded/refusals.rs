//! Errors are one line, with the next step.
#![expect(clippy::unwrap_used, reason = "a missing error fails the test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sqlx::postgres::PgConnectOptions;
use uprof::database::{DatabaseError, Embedded};

use crate::fixtures::{Scratch, options};

fn refusal(data: &Path) -> DatabaseError {
    let error = Embedded::start(&options(data)).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains(&data.file_name().unwrap().to_string_lossy().into_owned()), "{text}");
    println!("{text}");
    error
}

#[test]
fn a_cluster_of_another_major_version_is_not_changed_and_both_versions_are_named() {
    let scratch = Scratch::new();
    let version = scratch.data().join("postgres/PG_VERSION");
    fs::create_dir_all(version.parent().unwrap()).unwrap();
    fs::write(&version, "9\n").unwrap();
    let error = refusal(&scratch.data());
    assert!(matches!(error, DatabaseError::OtherMajor { has: 9, .. }), "{error}");
    assert!(error.to_string().contains("created by PostgreSQL 9, but this machine has PostgreSQL 1"), "{error}");
    assert_eq!(fs::read_to_string(version).unwrap(), "9\n");
}

#[test]
fn a_directory_named_postgres_that_is_not_a_cluster_is_not_changed() {
    let scratch = Scratch::new();
    let diary = scratch.data().join("postgres/diary.txt");
    fs::create_dir_all(diary.parent().unwrap()).unwrap();
    fs::write(&diary, "dear diary").unwrap();
    assert!(matches!(refusal(&scratch.data()), DatabaseError::Init { .. }));
    assert!(diary.exists());
}

#[test]
fn a_file_and_a_path_below_a_file_are_not_data_directories() {
    let scratch = Scratch::new();
    fs::write(scratch.data(), "").unwrap();
    assert!(matches!(refusal(&scratch.data()), DatabaseError::NotADirectory { .. }));
    assert!(matches!(refusal(&scratch.data().join("below")), DatabaseError::NotADirectory { .. }));
}

#[test]
fn a_directory_that_the_server_cannot_enter_is_named() {
    let scratch = Scratch::new();
    let closed = scratch.path().join("closed");
    fs::create_dir(&closed).unwrap();
    // Root can enter any directory, its Postgres account cannot; without root it is this process that cannot.
    let root = rustix::process::geteuid().is_root();
    fs::set_permissions(&closed, Permissions::from_mode(if root { 0o700 } else { 0o500 })).unwrap();
    let error = Embedded::start(&options(&closed.join("data"))).unwrap_err();
    match &error {
        DatabaseError::Unreachable { blocked_at, .. } if root => assert_eq!(*blocked_at, closed),
        DatabaseError::Unwritable { .. } if !root => {}
        other => panic!("{other}"),
    }
    assert_eq!(error.to_string().lines().count(), 1);
}

#[test]
fn an_invalid_setting_is_reported_with_its_reason_and_the_locks_are_released() {
    let scratch = Scratch::new();
    let mut wrong = scratch.options();
    wrong.settings.push(("max_connections".into(), "many".into()));
    let error = Embedded::start(&wrong).unwrap_err();
    assert!(error.to_string().contains("invalid value for parameter \"max_connections\""), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    Embedded::start(&scratch.options()).unwrap().stop().unwrap();
}

#[test]
fn a_socket_directory_that_other_users_can_enter_is_refused() {
    let scratch = Scratch::new();
    let database = Embedded::start(&scratch.options()).unwrap();
    let parsed: PgConnectOptions = database.url().parse().unwrap();
    let socket_dir = parsed.get_socket().unwrap().clone();
    database.stop().unwrap();

    fs::create_dir(&socket_dir).unwrap();
    fs::set_permissions(&socket_dir, Permissions::from_mode(0o777)).unwrap();
    let error = Embedded::start(&scratch.options()).unwrap_err();
    assert!(matches!(&error, DatabaseError::Socket { path, .. } if *path == socket_dir), "{error}");
    fs::remove_dir(&socket_dir).unwrap();

    std::os::unix::fs::symlink(scratch.path(), &socket_dir).unwrap();
    let error = Embedded::start(&scratch.options()).unwrap_err();
    assert!(matches!(&error, DatabaseError::Socket { path, .. } if *path == socket_dir), "{error}");
    fs::remove_file(&socket_dir).unwrap();
}
