//! Which receivers of webhooks the service delivers to.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::authority::{Authority, text};
use crate::process::{Lines, Process, Service, uprof};
use crate::scratch::{Scratch, eventually};
use crate::support::KeySpec;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{Client, PROFILES, id};
use crate::support::database::Database;
use crate::support::page::Page;
use crate::support::webhooks::{EVENT_KINDS, WEBHOOKS};

/// OpenSSL's server, which prints what it receives, and sends what it is given.
struct Receiver {
    child: Child,
    lines: Lines,
    url: String,
}

impl Receiver {
    /// With a certificate for `name`, reached at 127.0.0.1.
    fn start(authority: &Authority, name: &str) -> Self {
        let (certificate, key) = authority.issue(name);
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-cert", text(&certificate), "-key", text(&key)]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let port = lines.find(|line| line.strip_prefix("ACCEPT ")?.rsplit(':').next()?.parse::<u16>().ok());
        Self { child, lines, url: format!("https://127.0.0.1:{port}/hook") }
    }

    /// Waits for a request and answers it.
    fn accept(&mut self) {
        self.lines.find(|line| line.starts_with("POST /hook").then_some(()));
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        self.child.stdin.as_mut().unwrap().write_all(answer).unwrap();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service that trusts the authorities in `file`, and a client with a key.
fn service(database: &Database, file: &Path) -> (Service, Client) {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let ca_file = format!("--ca-file={}", text(file));
    let service = Service::serve(&database.url(), &["--webhooks-allow-insecure", "--webhooks-poll=20ms", &ca_file]);
    let client = service.client.with_key(&key);
    (service, client)
}

/// The path of a new endpoint for `receiver`, to which an event is due.
fn endpoint(client: &Client, receiver: &Receiver) -> String {
    let endpoint = client.post(WEBHOOKS).json(&json!({"url": receiver.url, "enabled_events": EVENT_KINDS})).ok();
    let profile = client.create(&json!({}));
    let link = client.post(&format!("{PROFILES}/{}/enrollment_url", id(&profile))).send().ok();
    assert_eq!(Page::submit(link["url"].as_str().unwrap()).status, 303);
    format!("{WEBHOOKS}/{}", endpoint["id"].as_str().unwrap())
}

/// The endpoint's delivery, once it satisfies `holds`.
fn delivery(client: &Client, endpoint: &str, holds: impl Fn(&Value) -> bool) -> Value {
    eventually("the delivery is as expected", || {
        let list = client.get(&format!("{endpoint}/deliveries")).send().ok();
        list["data"].get(0).cloned().filter(|delivery| holds(delivery))
    })
}

#[test]
fn a_webhook_goes_to_a_receiver_with_a_certificate_of_a_trusted_authority() {
    let (scratch, database) = (Scratch::new(), Database::migrated());
    let authority = Authority::new(scratch.path().join("authority"));
    let mut receiver = Receiver::start(&authority, "IP:127.0.0.1");
    let (_service, client) = service(&database, &authority.certificate());
    let endpoint = endpoint(&client, &receiver);
    receiver.accept();
    delivery(&client, &endpoint, |delivery| delivery["state"] == "delivered");
}

#[test]
fn a_webhook_does_not_go_to_a_receiver_whose_certificate_is_not_trusted_or_names_another_host() {
    let (scratch, database) = (Scratch::new(), Database::migrated());
    let trusted = Authority::new(scratch.path().join("trusted"));
    let stranger = Authority::new(scratch.path().join("stranger"));
    let (_service, client) = service(&database, &trusted.certificate());
    for (authority, name) in [(&stranger, "IP:127.0.0.1"), (&trusted, "DNS:receiver.example")] {
        let receiver = Receiver::start(authority, name);
        let endpoint = endpoint(&client, &receiver);
        let failed =
            delivery(&client, &endpoint, |delivery| delivery.to_string().contains("TLS could not be agreed upon"));
        assert_ne!(failed["state"], "delivered", "{failed}");
        assert!(!receiver.lines.so_far().iter().any(|line| line.contains("POST")));
        client.delete(&endpoint).send().ok();
    }
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let scratch = Scratch::new();
    let empty = scratch.path().join("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    for (file, reason) in [(text(&empty), "holds no certificate"), ("/nowhere", "cannot read /nowhere")] {
        let mut command = uprof();
        command.arg("serve").env("DATABASE_URL", "postgres://127.0.0.1:1/uprof").env("UPROF_CA_FILE", file);
        let said = Process::spawn(command).refusal();
        assert!(said.contains("UPROF_CA_FILE") && said.contains(reason), "{said}");
    }
}
