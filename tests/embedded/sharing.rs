//! Several processes on one data directory.

use std::thread;

use uprof::database::{DatabaseError, Embedded};

use crate::fixtures::{Owner, Scratch, query};

#[test]
fn a_second_service_is_refused_with_the_pid_of_the_first() {
    let scratch = Scratch::new();
    let owner = Owner::service(&scratch.data());
    let error = Embedded::start(&scratch.options()).unwrap_err();
    assert!(matches!(error, DatabaseError::InUse { pid, .. } if pid == owner.pid()), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert_eq!(query(&owner.url, "select 1"), "1");
}

#[test]
fn a_command_joins_a_running_service_and_leaves_it_running() {
    let scratch = Scratch::new();
    let owner = Owner::service(&scratch.data());
    let joined = Embedded::join_or_start(&scratch.options()).unwrap();
    assert!(joined.is_joined());
    assert_eq!(joined.url(), owner.url);
    assert_eq!(query(joined.url(), "select 1"), "1");
    joined.stop().unwrap();
    assert_eq!(query(&owner.url, "select 1"), "1");
}

#[test]
fn a_command_without_a_running_service_starts_and_stops_the_database() {
    let scratch = Scratch::new();
    let database = Embedded::join_or_start(&scratch.options()).unwrap();
    assert!(!database.is_joined());
    assert_eq!(query(database.url(), "select 1"), "1");
    database.stop().unwrap();
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
}

#[test]
fn an_owning_command_waits_for_a_command_that_has_joined() {
    let scratch = Scratch::new();
    let mut first = Owner::command(&scratch.data());
    let second = Embedded::join_or_start(&scratch.options()).unwrap();
    assert!(second.is_joined());
    first.request_stop();
    assert_eq!(query(second.url(), "select pg_sleep(1), 1"), "|1");
    assert!(!first.has_ended());
    second.stop().unwrap();
    assert!(first.wait().success());
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
}

#[test]
fn a_service_waits_for_a_command_that_owns_the_database() {
    let scratch = Scratch::new();
    let mut command = Owner::command(&scratch.data());
    let options = scratch.options();
    let service = thread::spawn(move || Embedded::start(&options));
    // Long enough for the service to find the lock taken.
    assert_eq!(query(&command.url, "select pg_sleep(0.5), 1"), "|1");
    command.request_stop();
    let service = service.join().unwrap().unwrap();
    assert!(!service.is_joined());
    assert_eq!(query(service.url(), "select 1"), "1");
}

#[test]
fn the_stale_lock_label_of_a_killed_service_does_not_prevent_a_start() {
    let scratch = Scratch::new();
    Owner::service(&scratch.data()).kill();
    let mut command = Owner::command(&scratch.data());
    command.request_stop();
    assert!(command.wait().success());
    Embedded::start(&scratch.options()).unwrap().stop().unwrap();
}

#[test]
fn concurrent_commands_on_a_new_data_directory_all_succeed() {
    let scratch = Scratch::new();
    let commands: Vec<_> = (0..6)
        .map(|number| {
            let options = scratch.options();
            thread::spawn(move || {
                for round in 0..4 {
                    let database = Embedded::join_or_start(&options).unwrap();
                    assert_eq!(
                        query(database.url(), &format!("select {number} + {round}")),
                        (number + round).to_string()
                    );
                    database.stop().unwrap();
                }
            })
        })
        .collect();
    for command in commands {
        command.join().unwrap();
    }
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
}

#[test]
fn commands_run_while_services_start_stop_and_are_killed() {
    let scratch = Scratch::new();
    let options = scratch.options();
    Embedded::start(&options).unwrap().stop().unwrap();
    let commands = thread::spawn(move || {
        for _ in 0..12 {
            let database = Embedded::join_or_start(&options).unwrap();
            // The Postgres of a killed service ends with it, and so do the queries of commands that have joined.
            let _ = crate::fixtures::try_query(database.url(), "select 1");
            database.stop().unwrap();
        }
    });
    for round in 0..4 {
        let mut service = Owner::service(&scratch.data());
        if round % 2 == 0 {
            service.kill();
        } else {
            service.request_stop();
            assert!(service.wait().success());
        }
    }
    commands.join().unwrap();
}
