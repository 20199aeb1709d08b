//! The service of one test, on a database and a port of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use clap::Parser;
use secrecy::SecretString;
use serde_json::{Value, json};
use uprof::app::{Application, Stopper};
use uprof::config::ServerArgs;
use uprof::domain::credential::api_key::Scope;
use uprof::domain::id::{OrganizationId, ProfileId};
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
    /// The organization's key; it does everything.
    pub(crate) key: Key,
    pub(crate) address: SocketAddr,
    /// What the service counts.
    pub(crate) registry: Registry,
    pub(crate) accounts: Accounts,
    replica: Replica,
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
        Self::on(Database::migrated(), settings)
    }

    /// A service on `database`, which has the current schema.
    pub(crate) fn on(database: Database, settings: &[&str]) -> Self {
        let registry = Registry::default();
        let replica = Replica::start(database.service_url(), settings, registry.clone());
        let address = replica.address;
        let accounts = Accounts::of(database.url());
        let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
        let client = Client::new(address).with_key(&key);
        Self { client, key, address, registry, accounts, replica, database }
    }

    /// Another service on the same database, and a client of it with the organization's key. Drop it first.
    pub(crate) fn another_replica(&self) -> (Client, Replica) {
        self.another_replica_with(Registry::default())
    }

    /// As [`TestApp::another_replica`]; it counts in `registry`.
    pub(crate) fn another_replica_with(&self, registry: Registry) -> (Client, Replica) {
        let replica = Replica::start(self.database.service_url(), &[], registry);
        (Client::new(replica.address).with_key(&self.key), replica)
    }

    /// Another key of the organization.
    pub(crate) fn another_key(&self, spec: KeySpec) -> Key {
        self.accounts.key(self.key.organization, spec)
    }

    /// A profile, and beside it what routes name that lead to other objects: a key, an endpoint for webhooks and a delivery to it. Their ids are
    /// the profile's but for the prefix. Earlier endpoints are deleted, because their number is limited.
    pub(crate) fn with_everything(&self) -> Value {
        let profile = self.client.create(&json!({"name": "Before"}));
        let id: ProfileId = profile["id"].as_str().unwrap().parse().unwrap();
        let (organization, id) = (self.key.organization.uuid(), id.uuid());
        self.database.seed(&format!(
            "delete from webhook_endpoints where organization_id = '{organization}';
             insert into events (organization_id, id, created_at, kind, profile_id, grant_name)
             values ('{organization}', '{id}', now(), 'user_profile.program_status_updated', '{id}', 'cyber');
             insert into webhook_endpoints (organization_id, id, created_at, updated_at, url, name, description, enabled_events, state,
                    disabled_reason, signing_secret)
             values ('{organization}', '{id}', now(), now(), 'https://webhooks.invalid', '', '', array['user_profile.program_status_updated'],
                    'enabled', '', sha256('secret'));
             insert into enforcement_actions (
                    organization_id, profile_id, id, kind, reason, opened_at, opened_by, identity_check)
             values ('{organization}', '{id}', '{id}', 'restriction', 'unspecified', now(), 'reviewer', 'offered');
             insert into api_keys (organization_id, id, hash, last_four, scopes, created_at)
             values ('{organization}', '{id}', sha256('{id}'), '0000', '{{}}', now());
             insert into webhook_deliveries (organization_id, endpoint_id, event_id, created_at, version, state, due_at, tried_until)
             values ('{organization}', '{id}', '{id}', now(), 'ga', 'failed', now(), now());"
        ));
        profile
    }

    /// Speaks for the operator of the organization.
    pub(crate) fn operator(&self) -> Client {
        self.client.with_key(&self.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() }))
    }

    /// A key of the operator of another organization.
    pub(crate) fn another_operators_key(&self) -> Key {
        let spec = KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() };
        self.accounts.key(self.another_organization(), spec)
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
        self.replica.stopper.clone()
    }
}

/// A running service. Dropping it stops it.
pub(crate) struct Replica {
    address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
}

impl Replica {
    fn start(database_url: SecretString, settings: &[&str], registry: Registry) -> Self {
        let arguments = arguments(settings);
        let (sender, started) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = Application::build(database_url, &arguments, &registry).await.unwrap();
                sender.send((application.address(), application.stopper())).unwrap();
                application.run_until_stopped().await.unwrap();
            });
        });
        let (address, stopper) = started.recv().expect("the service did not start");
        Self { address, stopper, thread: Some(thread) }
    }
}

fn arguments(settings: &[&str]) -> ServerArgs {
    // Tests hold locks until they have seen who waits for them, which takes a while on a busy machine.
    let lock_timeout = "--lock-timeout=20s";
    let ours = [
        "it",
        "--listen=127.0.0.1:0",
        "--workers=2",
        "--database-connections=8",
        lock_timeout,
        "--drain=0s",
        "--grace=5s",
    ];
    Arguments::try_parse_from(ours.iter().chain(settings)).unwrap().server
}

/// Why a service with `settings` does not start on a database.
pub(crate) fn start_error(database_url: SecretString, settings: &[&str]) -> String {
    let build = async { Application::build(database_url, &arguments(settings), &Registry::default()).await.err() };
    actix_web::rt::System::new().block_on(build).expect("the service starts").to_string()
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // Its open connections would delay the end of the service, which follows.
        self.client.hang_up();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        runtime().block_on(self.stopper.stop());
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        assert!(ended.is_ok() || thread::panicking(), "the service broke down");
    }
}
