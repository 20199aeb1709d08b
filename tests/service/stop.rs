//! The end of `uprof serve`: what is in flight finishes, and nothing else is waited for.

use std::io::Write;
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::json;
use sqlx::Row;

use crate::postgres::Session;
use crate::process::{Process, Service, serve as command};
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::PROFILES;
use crate::support::database::Database;
use crate::support::{Key, KeySpec, Wire};

/// Longer than any test: a test that depended on this limit would hang.
const ENDLESS: &[&str] = &["--keep-alive=60m", "--header-timeout=60m", "--body-timeout=60m", "--statement-timeout=60m"];

/// A service on a database of the run, and a key.
fn serve(database: &Database, arguments: &[&str]) -> (Service, Key) {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let name = |argument: &str| argument.split('=').next().map(str::to_owned);
    let given: Vec<_> = arguments.iter().map(|argument| name(argument)).collect();
    let endless = ENDLESS.iter().filter(|argument| !given.contains(&name(argument)));
    let mut service = Service::serve(&database.url(), &endless.chain(arguments).copied().collect::<Vec<_>>());
    service.client = service.client.with_key(&key);
    (service, key)
}

/// A create whose body is not complete: answers the rest of it.
fn begin_create(wire: &mut Wire, key: &Key) -> &'static str {
    let (begun, rest) = (r#"{"name":"#, r#""Example"}"#);
    wire.send(format!(
        "POST {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{begun}",
        key.secret,
        begun.len() + rest.len(),
    ));
    rest
}

#[test]
fn it_is_not_ready_while_it_drains_and_finishes_what_is_in_flight() {
    drains_and_finishes(Signal::TERM);
    // The end of a terminal session is a stop like any other, except under `nohup`, which the service inherits from its test.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    if u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 0 {
        drains_and_finishes(Signal::HUP);
    }
}

fn drains_and_finishes(signal: Signal) {
    let database = Database::migrated();
    let (mut service, key) = serve(&database, &["--grace=60m", "--drain=1s"]);
    let mut slow = Wire::connect(service.address);
    let rest = begin_create(&mut slow, &key);
    let client = service.client.without_key();
    assert_eq!(client.get("/health/ready").send().ok(), json!({"status": "ready"}));
    assert_eq!(client.get("/health/live").send().ok(), json!({"status": "live"}));

    service.process.signal(signal);
    eventually("it is not ready", || (client.get("/health/ready").send().status == 503).then_some(()));
    // Until the load balancer has noticed, requests still come and are answered.
    let late = service.client.create(&json!({"name": "Late"}));
    assert!(!service.process.has_ended());

    slow.send(rest);
    let answer = slow.answer();
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(answer.ok()["name"], "Example");
    assert_eq!(service.process.wait().code(), Some(0));
    assert_eq!(late["name"], "Late");
    let stored: i64 = database.row("select count(*) as stored from user_profiles").get("stored");
    assert_eq!(stored, 2);
}

#[test]
fn requests_in_flight_after_the_drain_finish_too() {
    let database = Database::migrated();
    let (mut service, key) = serve(&database, &["--grace=60m"]);
    // On both threads of the service, and after the connections to the database have been opened on either.
    let mut slow: Vec<_> = (0..8).map(|_| Wire::connect(service.address)).collect();
    for wire in &mut slow {
        wire.send(format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", key.secret));
        wire.answer().ok();
    }
    let rests: Vec<_> = slow.iter_mut().skip(1).step_by(2).map(|wire| (begin_create(wire, &key), wire)).collect();
    service.client.list("");
    service.process.signal(Signal::TERM);
    eventually("the listener is closed", || TcpStream::connect(service.address).is_err().then_some(()));
    assert!(!service.process.has_ended());
    for (rest, wire) in rests {
        wire.send(rest);
        assert_eq!(wire.answer().ok()["name"], "Example");
    }
    assert_eq!(service.process.wait().code(), Some(0));
}

#[test]
fn idle_connections_do_not_delay_the_shutdown() {
    let database = Database::migrated();
    let (mut service, key) = serve(&database, &["--grace=60m"]);
    // An idle connection after an answer, a silent one, and one with an incomplete request.
    let mut idle = Wire::connect(service.address);
    idle.send(format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", key.secret));
    idle.answer().ok();
    let mut silent = Wire::connect(service.address);
    let mut halting = Wire::connect(service.address);
    halting.send("GET /v1/user_pro");
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
    for wire in [&mut idle, &mut silent] {
        assert_eq!(wire.rest(), b"");
    }
}

#[test]
fn an_incomplete_request_is_aborted_after_the_grace_period() {
    let database = Database::migrated();
    // Within actix's own grace period of 30 s, the body timeout would answer it.
    let (mut service, key) = serve(&database, &["--grace=500ms", "--body-timeout=10s"]);
    let mut slow = Wire::connect(service.address);
    begin_create(&mut slow, &key);
    service.client.list("");
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
    assert_eq!(slow.rest(), b"");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::TERM, Signal::INT), (Signal::INT, Signal::INT)] {
        let database = Database::migrated();
        // Once while it drains, once while it waits for the request in flight.
        let drain = if second == Signal::TERM { "--drain=60m" } else { "--drain=0s" };
        let (mut service, key) = serve(&database, &["--grace=60m", drain]);
        let mut slow = Wire::connect(service.address);
        begin_create(&mut slow, &key);
        service.client.list("");
        service.process.signal(first);
        if drain == "--drain=0s" {
            eventually("the listener is closed", || TcpStream::connect(service.address).is_err().then_some(()));
        } else {
            let ready = || service.client.get("/health/ready").send().status;
            eventually("it is not ready", || (ready() == 503).then_some(()));
        }
        assert!(!service.process.has_ended());
        service.process.signal(second);
        assert_eq!(service.process.wait().code(), Some(0));
        let lines = service.process.stderr.to_the_end();
        assert!(!lines.iter().any(|line| line.contains("panicked")), "{lines:#?}");
    }
}

#[test]
fn a_client_that_reads_no_answer_does_not_delay_the_shutdown() {
    let database = Database::migrated();
    let (mut service, key) = serve(&database, &["--grace=500ms"]);
    let mut wire = TcpStream::connect(service.address).unwrap();
    wire.set_nonblocking(true).unwrap();
    let request = format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", key.secret);
    // Until the buffers of both sides are full.
    let mut sent = 0;
    while sent < 20_000 && wire.write_all(request.as_bytes()).is_ok() {
        sent += 1;
    }
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
}

#[test]
fn a_start_that_waits_for_another_process_ends_at_the_first_signal() {
    let database = Database::empty();
    let mut other = Session::open(&database.url()).unwrap();
    // No process can migrate before this ends.
    other.execute("begin; create table refinery_schema_history (version int)");
    let mut process = Process::spawn(command(&database.url(), &["--migrate"]));
    // Within a transaction, what a session sees of the others stands still.
    let mut observer = Session::open(&database.url()).unwrap();
    let mut waiting = || {
        observer.column::<i64>(
            "select count(*)
               from pg_stat_activity
              where datname = current_database() and application_name = 'uprof' and wait_event_type = 'Lock'",
        )
    };
    eventually("it waits", || (waiting() == [1]).then_some(()));
    process.signal(Signal::TERM);
    assert_eq!(process.wait().code(), Some(0));
    other.execute("rollback");
    eventually("its session ends", || (waiting() == [0]).then_some(()));
    assert_eq!(other.column::<i64>("select count(*) from pg_tables where schemaname = 'public'"), [0]);
}
