//! A Postgres of a test's own, which can be stopped, killed and frozen.

use std::path::PathBuf;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use secrecy::SecretString;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use tokio::runtime::Runtime;
use uprof::database::{Embedded, EmbeddedOptions};
use uprof::storage::migrate;

use crate::scratch::{Scratch, eventually};
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::PROFILES;
use crate::support::database::runtime;
use crate::support::{Client, Key, KeySpec};

/// A cluster; its address stays the same over a stop and a start.
pub(crate) struct Postgres {
    embedded: Option<Embedded>,
    frozen: Vec<Pid>,
    url: SecretString,
    scratch: Scratch,
    options: EmbeddedOptions,
}

impl Postgres {
    /// One with the current schema.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let started = Self::on(Scratch::with_cluster(), settings);
        runtime().block_on(migrate(&started.url)).unwrap();
        started
    }

    /// One on the cluster in the data directory of `scratch`.
    pub(crate) fn on(scratch: Scratch, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = EmbeddedOptions { data_dir: Some(scratch.data()), settings };
        let embedded = Embedded::start(&options).unwrap();
        let url = SecretString::from(embedded.url());
        Self { embedded: Some(embedded), frozen: Vec::new(), url, scratch, options }
    }

    /// The directory of the cluster.
    pub(crate) fn cluster(&self) -> PathBuf {
        self.scratch.data().join("postgres")
    }

    pub(crate) fn url(&self) -> &SecretString {
        &self.url
    }

    /// A key of a new organization.
    pub(crate) fn key(&self) -> Key {
        let accounts = Accounts::of(self.url.clone());
        accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default())
    }

    /// A session besides those of the service.
    pub(crate) fn session(&self) -> Session {
        Session::open(&self.url).unwrap()
    }

    /// An orderly stop; sessions are ended.
    pub(crate) fn stop(&mut self) {
        self.embedded.take().unwrap().stop().unwrap();
    }

    /// Kills the postmaster; its socket remains, without a listener.
    pub(crate) fn kill(&mut self) {
        kill_process(postmaster(&self.scratch), Signal::KILL).unwrap();
        eventually("Postgres exits", || self.embedded.as_ref().unwrap().exited());
    }

    pub(crate) fn start_again(&mut self) {
        drop(self.embedded.take());
        self.embedded = Some(Embedded::start(&self.options).unwrap());
    }

    /// Stops the clock for all of its processes: connections stay, and nothing answers.
    pub(crate) fn freeze(&mut self) {
        let mut session = self.session();
        let postmaster = postmaster(&self.scratch);
        // The main process first: then no process is missed.
        kill_process(postmaster, Signal::STOP).unwrap();
        let others: Vec<i32> = session.column("select pid from pg_stat_activity");
        self.frozen = others.into_iter().filter_map(Pid::from_raw).chain([postmaster]).collect();
        self.frozen.iter().for_each(|pid| kill_process(*pid, Signal::STOP).unwrap());
    }

    pub(crate) fn thaw(&mut self) {
        for pid in self.frozen.drain(..) {
            let _ = kill_process(pid, Signal::CONT);
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.thaw();
    }
}

/// The main process of the Postgres in the data directory of `scratch`, as it says itself.
pub(crate) fn postmaster(scratch: &Scratch) -> Pid {
    let file = std::fs::read_to_string(scratch.data().join("postgres/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap()).unwrap()
}

/// Sends requests until a service has used as many connections as it may have, `places`.
pub(crate) fn fill_places(client: &Client, url: &SecretString, places: usize) {
    let mut session = Session::open(url).unwrap();
    let serving = "select count(*)
                     from pg_stat_activity
                    where datname = current_database()
                      and application_name = 'uprof'
                      and query_start > now() - interval '1 s'";
    eventually("every place is in use", || {
        thread::scope(|scope| {
            for _ in 0..4 * places {
                scope.spawn(|| client.get(PROFILES).send());
            }
        });
        (session.column::<i64>(serving) == [i64::try_from(places).unwrap()]).then_some(())
    });
}

/// One session.
pub(crate) struct Session {
    runtime: Runtime,
    connection: PgConnection,
}

impl Session {
    pub(crate) fn open(url: &SecretString) -> sqlx::Result<Self> {
        let runtime = runtime();
        let connection = runtime.block_on(PgConnection::connect(secrecy::ExposeSecret::expose_secret(url)))?;
        Ok(Self { runtime, connection })
    }

    pub(crate) fn execute(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        self.runtime.block_on(sqlx::raw_sql(sql).execute(&mut self.connection)).unwrap();
    }

    /// The first column of what `sql` finds.
    pub(crate) fn column<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let sql = AssertSqlSafe(sql.to_owned());
        self.runtime.block_on(sqlx::query_scalar(sql).fetch_all(&mut self.connection)).unwrap()
    }
}
