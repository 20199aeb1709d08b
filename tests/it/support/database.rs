//! A database for one test: a copy of the migrated one, dropped with the test.

use std::sync::atomic::{AtomicU32, Ordering};

use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::cluster::Cluster;

/// A database of the run's cluster.
pub(crate) struct Database {
    name: String,
}

impl Database {
    /// A fresh one with the current schema.
    pub(crate) fn migrated() -> Self {
        Self::create(Some(Cluster::shared()))
    }

    /// A fresh one without any table.
    pub(crate) fn empty() -> Self {
        Self::create(None)
    }

    fn create(template: Option<&Cluster>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let template = template.map_or("template0", |_| "uprof");
        execute(&administration(), &format!("create database {name} template {template}"));
        Self { name }
    }

    /// What to connect to.
    pub(crate) fn url(&self) -> SecretString {
        SecretString::from(url_of(&self.name))
    }

    /// Runs SQL behind the service's back.
    pub(crate) fn execute(&self, sql: &str) {
        execute(&url_of(&self.name), sql);
    }

    /// The one row that `sql` finds.
    pub(crate) fn row(&self, sql: &str) -> PgRow {
        runtime().block_on(async {
            let mut connection = connect(&url_of(&self.name)).await;
            let row = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            row
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        execute(&administration(), &format!("drop database {} with (force)", self.name));
    }
}

/// A runtime for one use: the tests themselves are not async.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn execute(url: &str, sql: &str) {
    runtime().block_on(async {
        let mut connection = connect(url).await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}

async fn connect(url: &str) -> PgConnection {
    url.parse::<PgConnectOptions>().unwrap().connect().await.unwrap()
}

/// The database from which others are made and dropped: a copy can only be made of one that nobody is connected to.
fn administration() -> String {
    url_of("postgres")
}

fn url_of(database: &str) -> String {
    let url = Cluster::shared().url();
    let (head, query) = url.split_once('?').unwrap();
    let (server, _) = head.rsplit_once('/').unwrap();
    format!("{server}/{database}?{query}")
}
