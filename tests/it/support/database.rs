//! A database for one test.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::cluster::Cluster;

/// Databases whose tests have ended, empty again: a copy takes up to 0.3 s on some disks, emptying one 0.02 s.
static SPARE: Mutex<Vec<String>> = Mutex::new(Vec::new());

const EMPTY_ALL_TABLES: &str = "do $$ begin
    execute (
        select 'truncate ' || string_agg(format('%I', tablename), ', ')
          from pg_tables
         where schemaname = 'public'
           and tablename <> 'refinery_schema_history'
    );
end $$";

/// Makes the role of the service, and its privileges in a database.
pub(crate) const SERVICE_ROLE: &str = include_str!("../../../deploy/roles.sql");

/// A database of the run's cluster, for one test at a time.
pub(crate) struct Database {
    name: String,
    spare_later: AtomicBool,
}

impl Database {
    /// One with the current schema and no rows.
    pub(crate) fn migrated() -> Self {
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let name = spare.unwrap_or_else(|| copy_of("uprof"));
        Self { name, spare_later: AtomicBool::new(true) }
    }

    /// One without any table.
    pub(crate) fn empty() -> Self {
        Self { name: copy_of("template0"), spare_later: AtomicBool::new(false) }
    }

    /// What to connect to.
    pub(crate) fn url(&self) -> SecretString {
        SecretString::from(url_of(&self.name))
    }

    /// What the service connects to: as a role that owns nothing.
    pub(crate) fn service_url(&self) -> SecretString {
        SecretString::from(url_of(&self.name).replacen("//uprof@", "//uprof_service@", 1))
    }

    /// Runs SQL behind the service's back. No other test gets the database afterwards.
    pub(crate) fn execute(&self, sql: &str) {
        self.spare_later.store(false, Ordering::Relaxed);
        try_execute(&url_of(&self.name), sql).unwrap();
    }

    /// A session that has run `sql` in a transaction, and holds its locks until it is dropped.
    pub(crate) fn session(&self, sql: &str) -> Session {
        let runtime = runtime();
        let connection = runtime.block_on(async {
            let mut connection = connect(&url_of(&self.name)).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("begin; {sql}"))).execute(&mut connection).await.unwrap();
            connection
        });
        Session { runtime, connection: Some(connection) }
    }

    /// Ends all sessions and refuses connections, or allows them again.
    pub(crate) fn set_reachable(&self, reachable: bool) {
        let name = &self.name;
        let allow = format!("alter database {name} with allow_connections {reachable}");
        // Waits for each to end: until then it would still execute a statement.
        let end = format!("select pg_terminate_backend(pid, 20000) from pg_stat_activity where datname = '{name}'");
        try_execute(&administration(), &allow).unwrap();
        if !reachable {
            try_execute(&administration(), &end).unwrap();
        }
    }

    /// Adds or changes rows, and nothing but rows, behind the service's back.
    pub(crate) fn seed(&self, sql: &str) {
        try_execute(&url_of(&self.name), sql).unwrap();
    }

    /// The one row that `sql` finds.
    pub(crate) fn row(&self, sql: &str) -> PgRow {
        runtime().block_on(async {
            let mut connection = connect(&url_of(&self.name)).await.unwrap();
            let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            row
        })
    }
}

/// See [`Database::session`].
pub(crate) struct Session {
    runtime: tokio::runtime::Runtime,
    connection: Option<PgConnection>,
}

impl Session {
    /// Commits the transaction.
    pub(crate) fn commit(mut self) {
        if let Some(connection) = &mut self.connection {
            self.runtime.block_on(sqlx::raw_sql("commit").execute(connection)).unwrap();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let closed = self.runtime.block_on(connection.close());
            assert!(closed.is_ok() || thread::panicking(), "{closed:?}");
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let spare = self.spare_later.load(Ordering::Relaxed) && !thread::panicking();
        if spare && try_execute(&url_of(&self.name), EMPTY_ALL_TABLES).is_ok() {
            SPARE.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
        } else {
            let dropped = try_execute(&administration(), &format!("drop database {} with (force)", self.name));
            assert!(dropped.is_ok() || thread::panicking(), "{dropped:?}");
        }
    }
}

/// A runtime for one use: the tests themselves are not async.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn copy_of(template: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    try_execute(&administration(), &format!("create database {name} template {template}")).unwrap();
    name
}

pub(crate) fn try_execute(url: &str, sql: &str) -> sqlx::Result<()> {
    runtime().block_on(async {
        let mut connection = connect(url).await?;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
        connection.close().await
    })
}

async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    url.parse::<PgConnectOptions>()?.connect().await
}

/// The database from which others are made and dropped: only a database without connections can be copied.
fn administration() -> String {
    url_of("postgres")
}

fn url_of(database: &str) -> String {
    let url = Cluster::shared().url();
    let (head, query) = url.split_once('?').unwrap();
    let (server, _) = head.rsplit_once('/').unwrap();
    format!("{server}/{database}?{query}")
}
