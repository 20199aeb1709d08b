//! The metrics listener, and that no request waits for the reader of the log.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Stdio;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::process::{Service, serve};
use crate::scratch::{MAX_WAIT, eventually};
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::database::Database;
use crate::support::metrics::Metrics;
use crate::support::{Client, KeySpec};

const LISTEN: &str = "--metrics-listen=127.0.0.1:0";

pub(crate) fn read(url: &str) -> Metrics {
    let mut answer = ureq::get(url).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    Metrics::read(&answer.body_mut().read_to_string().unwrap())
}

/// What stands behind `before` in a line of the log.
pub(crate) fn after<T: std::str::FromStr>(line: &str, before: &str) -> Option<T> {
    let rest = line.split_once(before)?.1;
    rest.split(['"', '\\']).next()?.parse().ok()
}

#[test]
fn metrics_are_served_on_a_port_of_their_own_until_the_process_ends() {
    let database = Database::migrated();
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let mut service = Service::serve(&database.url(), &[LISTEN, "--drain=60m", "--grace=60m"]);
    let url: String = service.process.stderr.find(|line| after(line, "metrics at "));
    assert!(!url.contains(&service.address.to_string()), "{url}");
    let created = "uprof_http_requests_total{operation=\"create_user_profile\",version=\"2026-03-24\",status=\"200\"}";
    assert_eq!(read(&url).count(created), 0);
    for count in 1..=3 {
        service.client.with_key(&key).create(&json!({}));
        assert_eq!(read(&url).count(created), count);
    }
    service.client.get("/metrics").send().refused(404);
    service.process.signal(Signal::TERM);
    eventually("it drains", || (service.client.get("/health/ready").send().status == 503).then_some(()));
    assert_eq!(read(&url).count(created), 3);
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
}

#[test]
fn connections_to_the_metrics_are_bounded_and_have_deadlines() {
    let database = Database::migrated();
    let service = Service::serve(&database.url(), &[LISTEN, "--header-timeout=500ms"]);
    let url: String = service.process.stderr.find(|line| after(line, "metrics at "));
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let connect = || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(MAX_WAIT)).unwrap();
        // The beginning of a head.
        socket.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
        socket
    };
    let sockets: Vec<_> = (0..200).map(|_| connect()).collect();
    // A scraper is served while they wait.
    assert_eq!(read(&url).count("uprof_http_connections"), 0);
    let mut late = 0;
    for mut socket in sockets {
        let mut answer = String::new();
        // Those that were closed for newer ones are reset, or end without an answer.
        let _ = socket.read_to_string(&mut answer);
        late += usize::from(answer.starts_with("HTTP/1.1 408 "));
    }
    assert!((1..=16).contains(&late), "{late}");
}

#[test]
fn without_a_metrics_address_no_metrics_are_served() {
    let database = Database::migrated();
    let mut service = Service::serve(&database.url(), &[]);
    service.process.signal(Signal::TERM);
    service.process.wait();
    let lines = service.process.stderr.to_the_end();
    assert!(!lines.iter().any(|line| line.contains("metrics")), "{lines:#?}");
}

#[test]
fn an_unread_log_delays_no_request_and_is_complete_once_it_is_read() {
    let database = Database::migrated();
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let mut child = serve(&database.url(), &[LISTEN, "--log=trace"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = || {
        let mut line = String::new();
        assert!(stderr.read_line(&mut line).unwrap() > 0);
        line
    };
    let url: String = std::iter::repeat_with(&mut line).find_map(|line| after(&line, "metrics at ")).unwrap();
    let address: SocketAddr =
        std::iter::repeat_with(&mut line).find_map(|line| after(&line, "listening on http://")).unwrap();
    let client = Client::new(address).with_key(&key);
    let dropped = || read(&url).count("uprof_log_lines_dropped_total");
    eventually("lines find no place", || {
        client.list("");
        (dropped() > 0).then_some(())
    });
    // The log is read from now on.
    let reading = thread::spawn(move || {
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        rest
    });
    eventually("lines find a place", || {
        let before = dropped();
        client.list("");
        (dropped() == before).then_some(())
    });
    let dropped = dropped();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let rest = reading.join().unwrap();
    let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().filter_map(|line| line["lines.dropped"].as_u64()).sum::<u64>(), dropped);
    assert!(lines.iter().any(|line| line["message"] == "stopped"));
}
