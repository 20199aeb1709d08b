//! Several processes on one data directory.

use std::thread;

use uprof::database::{DatabaseError, Embedded};

use crate::world::{Owner, Scratch, query};

#[test]
fn a_second_service_is_refused_and_told_who_runs() {
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
fn a_command_alone_starts_the_database_and_stops_it() {
    let scratch = Scratch::new();
    let alone = Embedded::join_or_start(&scratch.options()).unwrap();
    assert!(!alone.is_joined());
    assert_eq!(query(alone.url(), "select 1"), "1");
    alone.stop().unwrap();
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());
}

#[test]
fn a_command_that_is_done_waits_for_the_one_that_joined_it() {
    let scratch = Scratch::new();
    let mut first = Owner::command(&scratch.data());
    let second = Embedded::join_or_start(&scratch.options()).unwrap();
    assert!(second.is_joined());
    first.tell_to_stop();
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
    command.tell_to_stop();
    let service = service.join().unwrap().unwrap();
    assert!(!service.is_joined());
    assert_eq!(query(service.url(), "select 1"), "1");
}

#[test]
fn the_name_that_a_killed_service_left_behind_stops_nobody() {
    let scratch = Scratch::new();
    Owner::service(&scratch.data()).kill();
    let mut command = Owner::command(&scratch.data());
    command.tell_to_stop();
    assert!(command.wait().success());
    Embedded::start(&scratch.options()).unwrap().stop().unwrap();
}

#[test]
fn many_commands_at_once_on_a_directory_that_does_not_exist_yet_all_succeed() {
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
fn commands_come_and_go_while_services_start_stop_and_are_killed() {
    let scratch = Scratch::new();
    let options = scratch.options();
    Embedded::start(&options).unwrap().stop().unwrap();
    let commands = thread::spawn(move || {
        for _ in 0..12 {
            let database = Embedded::join_or_start(&options).unwrap();
            // A killed service takes its Postgres along, also from under those who joined it: then they fail, and
            // only then.
            let _ = crate::world::try_query(database.url(), "select 1");
            database.stop().unwrap();
        }
    });
    for round in 0..4 {
        let mut service = Owner::service(&scratch.data());
        if round % 2 == 0 {
            service.kill();
        } else {
            service.tell_to_stop();
            assert!(service.wait().success());
        }
    }
    commands.join().unwrap();
}
