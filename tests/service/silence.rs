//! A network that swallows everything: connections that stay open and on which nothing comes back, as after the failover of an
//! address or the loss of a route.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;

use crate::postgres::{Session, fill_places};
use crate::process::Service;
use crate::scratch::{Scratch, eventually};
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::PROFILES;
use crate::support::database::Database;
use crate::support::{Key, KeySpec, Wire};

/// How many connections the service may have.
const PLACES: usize = 4;

/// Stands between the service and Postgres.
struct Network {
    url: SecretString,
    state: Arc<State>,
    _scratch: Scratch,
}

#[derive(Default)]
struct State {
    /// Connections of an earlier age are silent.
    age: AtomicUsize,
    /// How often something was swallowed.
    swallowed: AtomicUsize,
    /// Whether a connection falls silent when the service asks whether it is alive.
    swallows_pings: AtomicBool,
}

/// The message by which sqlx checks that a connection is alive: `Sync`.
const PING: &[u8] = b"S\0\0\0\x04";

impl Network {
    fn before(database: &Database) -> Self {
        let url = database.url();
        let options: PgConnectOptions = url.expose_secret().parse().unwrap();
        let behind = options.get_socket().unwrap().join(".s.PGSQL.5432");
        let scratch = Scratch::new();
        let listener = UnixListener::bind(scratch.path().join(".s.PGSQL.5432")).unwrap();
        let state = Arc::new(State::default());
        let theirs = Arc::clone(&state);
        thread::spawn(move || {
            while let Ok((service, _)) = listener.accept() {
                connect(&theirs, &service, &behind);
            }
        });
        let (head, _) = url.expose_secret().split_once('?').unwrap();
        let url = SecretString::from(format!("{head}?host={}&sslmode=disable", scratch.path().display()));
        Self { url, state, _scratch: scratch }
    }

    /// From now on the connections that there are swallow everything; new ones work.
    fn swallow(&self) {
        self.state.age.fetch_add(1, Ordering::SeqCst);
    }

    fn swallowed(&self) -> usize {
        self.state.swallowed.load(Ordering::SeqCst)
    }
}

fn connect(state: &Arc<State>, service: &UnixStream, behind: &PathBuf) {
    let age = state.age.load(Ordering::SeqCst);
    let postgres = UnixStream::connect(behind).unwrap();
    for (mut from, mut to) in [(service, &postgres), (&postgres, service)]
        .map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()))
    {
        let state = Arc::clone(state);
        thread::spawn(move || {
            let mut bytes = [0; 8192];
            let mut silent = false;
            while let Ok(length @ 1..) = from.read(&mut bytes) {
                silent |= &bytes[..length] == PING && state.swallows_pings.load(Ordering::SeqCst);
                if silent || state.age.load(Ordering::SeqCst) != age {
                    state.swallowed.fetch_add(1, Ordering::SeqCst);
                } else if to.write_all(&bytes[..length]).is_err() {
                    break;
                }
            }
            if state.age.load(Ordering::SeqCst) == age {
                let _ = to.shutdown(std::net::Shutdown::Both);
            }
        });
    }
}

/// A service behind the network, all of whose places are taken by open connections.
fn serve(network: &Network, database: &Database, arguments: &[&str]) -> (Service, Key) {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let places = [format!("--database-connections={PLACES}"), format!("--organization-connections={PLACES}")];
    let mut service = Service::serve(&network.url, &[&places.each_ref().map(String::as_str), arguments].concat());
    service.client = service.client.with_key(&key);
    fill_places(&service.client, &database.url(), PLACES);
    (service, key)
}

/// Requests whose clients leave while Postgres owes them an answer.
fn abandon(service: &Service, key: &Key, network: &Network) {
    let wires: Vec<_> = (0..PLACES)
        .map(|_| {
            let mut wire = Wire::connect(service.address);
            wire.send(format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\n\r\n", key.secret));
            wire
        })
        .collect();
    eventually("all of them wait", || (network.swallowed() >= PLACES).then_some(()));
    drop(wires);
}

#[test]
fn disconnected_clients_of_a_silent_database_leak_no_connection() {
    let database = Database::migrated();
    let network = Network::before(&database);
    let (service, key) = serve(&network, &database, &["--statement-timeout=1s"]);
    network.swallow();
    abandon(&service, &key, &network);
    eventually("it serves again", || (service.client.get(PROFILES).send().status == 200).then_some(()));
    fill_places(&service.client, &database.url(), PLACES);
}

#[test]
fn connections_that_fall_silent_after_their_answer_are_replaced() {
    let database = Database::migrated();
    let network = Network::before(&database);
    let (service, _) = serve(&network, &database, &["--statement-timeout=1s"]);
    network.state.swallows_pings.store(true, Ordering::SeqCst);
    while network.swallowed() < PLACES {
        service.client.get(PROFILES).send();
    }
    network.state.swallows_pings.store(false, Ordering::SeqCst);
    eventually("it serves again", || (service.client.get(PROFILES).send().status == 200).then_some(()));
    fill_places(&service.client, &database.url(), PLACES);
}

#[test]
fn idle_connections_that_fell_silent_fail_no_request() {
    let database = Database::migrated();
    let network = Network::before(&database);
    // No poll uses a connection meanwhile: what is swallowed was sent for a request.
    let (service, _) = serve(&network, &database, &["--database-wait=20s", "--webhooks-poll=60m"]);
    // For a second they pass from one user to the next; then each answers once more, and is trusted for another.
    Session::open(&database.url()).unwrap().execute("select pg_sleep(2.5)");
    network.swallow();
    for _ in 0..2 * PLACES {
        service.client.list("");
    }
    assert!(network.swallowed() > 0, "no request met a silent connection");
}

#[test]
fn a_silent_database_does_not_delay_the_shutdown() {
    let database = Database::migrated();
    let network = Network::before(&database);
    let (mut service, key) = serve(&network, &database, &["--statement-timeout=1s"]);
    network.swallow();
    abandon(&service, &key, &network);
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
}
