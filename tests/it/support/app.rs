//! The service of one test, on a database and a port of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use clap::Parser;
use secrecy::SecretString;
use uprof::app::{Application, Stopper};
use uprof::config::ServerArgs;
use uprof::domain::id::OrganizationId;
use uprof::metrics::Registry;

use super::accounts::{Accounts, Key, KeySpec};
use super::client::Client;
use super::database::{Database, runtime};

/// The shape that the organizations of tests are pinned to.
pub(crate) const DEFAULT_VERSION: &str = "2026-03-24";

/// A running service with one organization and its key. Dropping it stops the service and drops the database.
pub(crate) struct TestApp {
    /// Speaks with the organization's key.
    pub(crate) client: Client,
    /// The organization's key; it reads and writes.
    pub(crate) key: Key,
    pub(crate) address: SocketAddr,
    /// What the service counts.
    pub(crate) registry: Registry,
    pub(crate) accounts: Accounts,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
    // The last to go: the others are connected to it.
    pub(crate) database: Database,
}

#[derive(Parser)]
#[command(args_override_self = true)]
struct Arguments {
    #[command(flatten)]
    server: ServerArgs,
}

impl TestApp {
    /// A service with the settings that it has by default.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// A service with `settings` as `uprof serve` takes them: `&["--max-body-bytes=1000"]`.
    pub(crate) fn with(settings: &[&str]) -> Self {
        let database = Database::migrated();
        let ours =
            ["it", "--listen=127.0.0.1:0", "--workers=2", "--database-connections=8", "--drain=0s", "--grace=5s"];
        let arguments = Arguments::try_parse_from(ours.iter().chain(settings)).unwrap().server;
        let (sender, started) = mpsc::channel();
        let registry = Registry::default();
        let counted = registry.clone();
        let url = database.url();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(url, &arguments, &counted).await.unwrap();
                sender.send((application.address(), application.stopper())).unwrap();
                application.run_until_stopped().await.unwrap();
            });
        });
        let (address, stopper) = started.recv().expect("the service did not start");
        let accounts = Accounts::of(database.url());
        let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
        let client = Client::new(address).with_key(&key);
        Self { client, key, address, registry, accounts, stopper, thread: Some(thread), database }
    }

    /// Another key of the organization.
    pub(crate) fn another_key(&self, spec: KeySpec) -> Key {
        self.accounts.key(self.key.organization, spec)
    }

    /// A key of another organization.
    pub(crate) fn strangers_key(&self) -> Key {
        self.accounts.key(self.another_organization(), KeySpec::default())
    }

    pub(crate) fn another_organization(&self) -> OrganizationId {
        self.accounts.organization(DEFAULT_VERSION)
    }

    /// What stops the service, for tests about its end.
    pub(crate) fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}

fn arguments(settings: &[&str]) -> ServerArgs {
    let ours = ["it", "--listen=127.0.0.1:0", "--workers=2", "--database-connections=8", "--drain=0s", "--grace=5s"];
    Arguments::try_parse_from(ours.iter().chain(settings)).unwrap().server
}

/// Why a service with `settings` does not start on a database.
pub(crate) fn start_error(database_url: SecretString, settings: &[&str]) -> String {
    let build = async { Application::build(database_url, &arguments(settings), &Registry::default()).await.err() };
    actix_web::rt::System::new().block_on(build).expect("the service starts").to_string()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.client.hang_up();
        runtime().block_on(self.stopper.stop());
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        assert!(ended.is_ok() || thread::panicking(), "the service broke down");
    }
}
