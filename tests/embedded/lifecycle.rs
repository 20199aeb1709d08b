//! Starts, stops and kills.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use rustix::process::{Signal, getpgid, kill_process};
use sqlx::postgres::PgConnectOptions;
use uprof::database::{Database, Embedded};

use crate::fixtures::{Owner, Scratch, options, query};

#[test]
fn a_new_data_directory_gets_a_database_that_the_next_start_reuses() {
    let scratch = Scratch::new();
    let begun = Instant::now();
    let first = Embedded::start(&scratch.options()).unwrap();
    println!("first start: {:?}", begun.elapsed());
    assert!(!first.is_joined());
    query(first.url(), "create table rows (n int); insert into rows values (7)");
    let begun = Instant::now();
    first.stop().unwrap();
    println!("stop: {:?}", begun.elapsed());
    assert!(!scratch.data().join("postgres/postmaster.pid").exists());

    let begun = Instant::now();
    let second = Embedded::start(&scratch.options()).unwrap();
    println!("later start: {:?}", begun.elapsed());
    assert_eq!(query(second.url(), "select n from rows"), "7");
    assert_eq!(query(second.url(), "show server_encoding"), "UTF8");
}

#[test]
fn it_listens_on_its_socket_only_and_writes_durably() {
    let scratch = Scratch::new();
    let mut options = scratch.options();
    options.settings.push(("max_connections".into(), "37".into()));
    let database = Embedded::start(&options).unwrap();
    let show = |setting: &str| query(database.url(), &format!("show {setting}"));
    assert_eq!(show("listen_addresses"), "");
    assert_eq!(show("fsync"), "on");
    assert_eq!(show("full_page_writes"), "on");
    assert_eq!(show("synchronous_commit"), "on");
    assert_eq!(show("max_connections"), "37");

    let parsed: PgConnectOptions = database.url().parse().unwrap();
    let socket_dir = parsed.get_socket().unwrap().clone();
    assert_eq!((parsed.get_username(), parsed.get_database()), ("uprof", Some("uprof")));
    let cluster = fs::metadata(scratch.data().join("postgres")).unwrap();
    let found = fs::metadata(&socket_dir).unwrap();
    assert_eq!((found.mode() & 0o777, found.uid()), (0o700, cluster.uid()));
    assert_eq!(cluster.mode() & 0o777, 0o700);
    assert_ne!(cluster.uid(), 0);
    drop(database);
    assert!(!socket_dir.exists());
}

#[test]
fn a_database_url_is_accepted_as_it_is_and_nothing_is_started() {
    let scratch = Scratch::new();
    let url = "postgres://ada:secret@db.example/uprof";
    for open in [Database::for_service, Database::for_command] {
        let database = open(Some(url.into()), &scratch.options()).unwrap();
        assert_eq!(database.url(), url);
        assert!(!format!("{database:?}").contains("secret"));
        database.stop().unwrap();
    }
    assert!(!scratch.data().exists());
}

#[test]
fn the_postmaster_has_a_process_group_of_its_own() {
    let scratch = Scratch::new();
    let _database = Embedded::start(&scratch.options()).unwrap();
    assert_eq!(getpgid(Some(scratch.postmaster())).unwrap(), scratch.postmaster());
}

#[test]
fn it_outlives_the_thread_that_started_it() {
    let scratch = Scratch::new();
    let options = scratch.options();
    let database = std::thread::spawn(move || Embedded::start(&options).unwrap()).join().unwrap();
    assert_eq!(query(database.url(), "select pg_sleep(0.3), 1"), "|1");
    assert_eq!(database.exited(), None);
}

#[test]
fn a_killed_postmaster_is_reported_and_the_next_start_has_every_acknowledged_row() {
    let scratch = Scratch::new();
    for round in 0..3 {
        let database = Embedded::start(&scratch.options()).unwrap();
        query(database.url(), "create table if not exists rows (n int)");
        query(database.url(), &format!("insert into rows values ({round})"));
        let (sender, exits) = mpsc::channel();
        database.on_exit(move |status| sender.send(status).unwrap());
        kill_process(scratch.postmaster(), Signal::KILL).unwrap();
        assert!(exits.recv().unwrap().contains("signal: 9"));
        assert!(database.exited().is_some());
        database.stop().unwrap();
    }
    let database = Embedded::start(&scratch.options()).unwrap();
    assert_eq!(query(database.url(), "select string_agg(n::text, ',' order by n) from rows"), "0,1,2");
}

#[test]
fn a_requested_stop_is_not_reported() {
    let scratch = Scratch::new();
    let database = Embedded::start(&scratch.options()).unwrap();
    let (sender, exits) = mpsc::channel();
    database.on_exit(move |status| sender.send(status).unwrap());
    database.stop().unwrap();
    assert!(exits.recv().is_err());
}

#[test]
fn after_a_killed_owner_the_next_start_has_every_acknowledged_row() {
    let scratch = Scratch::new();
    for round in 0..3 {
        let mut owner = Owner::service(&scratch.data());
        query(&owner.url, "create table if not exists rows (n int)");
        query(&owner.url, &format!("insert into rows values ({round})"));
        let postmaster = scratch.postmaster();
        owner.kill();
        if round == 1 {
            // Kill both at once; the postmaster may have exited already.
            let _ = kill_process(postmaster, Signal::KILL);
        }
    }
    let database = Embedded::start(&scratch.options()).unwrap();
    assert_eq!(query(database.url(), "select string_agg(n::text, ',' order by n) from rows"), "0,1,2");
}

#[test]
fn an_orphaned_postgres_is_stopped_before_the_start() {
    let scratch = Scratch::new();
    let database = Embedded::start(&scratch.options()).unwrap();
    query(database.url(), "create table rows (n int); insert into rows values (7)");
    let cluster = scratch.data().join("postgres");
    let command_line = fs::read_to_string(cluster.join("postmaster.opts")).unwrap();
    database.stop().unwrap();

    let owner = fs::metadata(&cluster).unwrap();
    let mut orphan = Command::new(command_line.split(" \"").next().unwrap());
    orphan.arg("-D").arg(&cluster).args(["-c", "listen_addresses=", "-c", "unix_socket_directories=."]);
    let mut orphan = orphan.uid(owner.uid()).gid(owner.gid()).current_dir("/").stderr(Stdio::null()).spawn().unwrap();
    while !fs::read_to_string(cluster.join("postmaster.pid")).is_ok_and(|status| status.contains("ready")) {
        assert!(orphan.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }

    let database = Embedded::start(&scratch.options()).unwrap();
    assert!(orphan.wait().unwrap().success());
    assert_eq!(query(database.url(), "select n from rows"), "7");
}

#[test]
fn a_stale_pid_file_whose_pid_another_process_has_does_not_prevent_a_start() {
    let scratch = Scratch::new();
    Embedded::start(&scratch.options()).unwrap().stop().unwrap();
    let cluster = scratch.data().join("postgres");
    // The test process: alive, and not a postmaster.
    fs::write(cluster.join("postmaster.pid"), format!("{}\n{}\n", std::process::id(), cluster.display())).unwrap();
    let database = Embedded::start(&scratch.options()).unwrap();
    assert_eq!(query(database.url(), "select 1"), "1");
}

#[test]
fn the_files_of_an_interrupted_first_start_are_removed() {
    let scratch = Scratch::new();
    let half = scratch.data().join("postgres.new-1");
    fs::create_dir_all(half.join("base")).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let database = Embedded::start(&scratch.options());
    assert!(!half.exists());
    assert_eq!(query(database.unwrap().url(), "select 1"), "1");
}

#[test]
fn a_first_start_that_is_killed_at_any_moment_does_not_prevent_the_next() {
    for moment in ["PG_VERSION", "base/1", "global/pg_control", "base/5/PG_VERSION"] {
        let scratch = Scratch::new();
        let mut killed = Owner::begin("service", &scratch.data());
        let unfinished = scratch.data().join(format!("postgres.new-{}", killed.id()));
        // A version of Postgres that does not create the file is killed after its first start.
        while !unfinished.join(moment).exists() && !scratch.data().join("postgres").exists() {
            assert!(killed.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
        let database = Embedded::start(&scratch.options()).unwrap();
        assert_eq!(query(database.url(), "select 1"), "1");
        assert!(!unfinished.exists());
    }
}

#[test]
fn a_data_directory_may_have_a_long_path_with_spaces_quotes_and_umlauts() {
    let scratch = Scratch::new();
    let deep = scratch.path().join("Library/Application Support/Üprof's \"data\", 数据").join("d".repeat(120));
    let database = Embedded::start(&options(&deep)).unwrap();
    assert_eq!(query(database.url(), "select 1"), "1");
    database.stop().unwrap();
    let database = Embedded::join_or_start(&options(&deep)).unwrap();
    assert_eq!(query(database.url(), "select 1"), "1");
}
