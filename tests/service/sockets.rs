//! Thousands of clients that hold connections and give nothing: others are served, and nothing of them stays.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::process::Command;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::process::{Resource, getrlimit, setrlimit};
use secrecy::ExposeSecret;

use crate::process::{Process, Service, uprof};
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::database::Database;
use crate::support::{Key, KeySpec};

/// Of each kind. The service has place for fewer.
const STRANGERS: usize = 2_000;
const MAX_CONNECTIONS: usize = 500;

/// What the service may have grown by in the end, in KiB: allocators return not all of what is freed.
const GROWTH: u64 = 48 * 1024;

/// No deadline of the service ends a connection here: its limit of connections does.
const ENDLESS: &[&str] =
    &["--keep-alive=60m", "--header-timeout=60m", "--body-timeout=60m", "--write-timeout=60m", "--max-connections=500"];

fn serve(database: &Database) -> (Service, Key) {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let mut service = Service::serve(&database.url(), ENDLESS);
    service.client = service.client.with_key(&key);
    (service, key)
}

/// The resident memory of the service, in KiB.
fn memory(service: &Service) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", service.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// This process holds the other end of every connection.
fn raise_file_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

/// A connection from another address than the well-behaved client's, on which `text` has been sent, as far as the service takes it at
/// once.
fn stranger(service: &Service, text: &[u8]) -> TcpStream {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    connect(&socket, &service.address).unwrap();
    let mut stream = TcpStream::from(socket);
    stream.set_nonblocking(true).unwrap();
    let _ = stream.write(text);
    stream
}

#[test]
fn a_client_is_served_beside_thousands_of_idle_sockets_of_each_kind_and_memory_is_freed() {
    raise_file_limit();
    let database = Database::migrated();
    let (service, key) = serve(&database);
    let profile = service.client.create(&serde_json::json!({"name": "Example"}));
    let id = profile["id"].as_str().unwrap();
    let head = format!(
        "POST /v1/user_profiles HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-type: application/json\r\n",
        key.secret
    );
    let kinds: [(&str, String); 6] = [
        ("silent", String::new()),
        ("idle", "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        ("half a head", head.clone()),
        ("half a body", format!("{head}content-length: 200000\r\n\r\n{}", " ".repeat(30_000))),
        ("pipelined and unread", "GET /openapi/ga.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(700)),
        ("no HTTP", "\0".repeat(100)),
    ];
    // What the first of each kind needs, the service keeps.
    for (_, text) in &kinds {
        stranger(&service, text.as_bytes());
    }
    service.client.retrieve(id);
    let before = memory(&service);
    for (kind, text) in &kinds {
        let mut strangers = Vec::with_capacity(STRANGERS);
        for number in 0..STRANGERS {
            strangers.push(stranger(&service, text.as_bytes()));
            if number % 200 == 0 {
                assert_eq!(service.client.retrieve(id)["name"], "Example", "{kind}");
            }
        }
        // A new connection too.
        let meanwhile = memory(&service);
        assert_eq!(service.client.retrieve(id)["name"], "Example", "{kind}");
        assert!(meanwhile < before + 128 * MAX_CONNECTIONS as u64 + GROWTH, "{kind}: {before} kB, then {meanwhile} kB");
        drop(strangers);
    }
    eventually("the memory is freed", || (memory(&service) < before + GROWTH).then_some(()));
}

#[test]
fn too_few_file_descriptors_are_one_line() {
    let database = Database::migrated();
    for limit in [12, 40, 100] {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
        command.arg(uprof().get_program()).args(["serve", "--listen=127.0.0.1:0", "--workers=2"]);
        command.env("DATABASE_URL", database.url().expose_secret());
        let said = Process::spawn(command).refusal();
        assert!(said.contains("too few file descriptors") && said.contains("ulimit -n"), "{said}");
    }
}
