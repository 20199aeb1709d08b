//! A database that is away, or answers nothing, or refuses: the service says so in time, and serves again by itself.

use std::thread;

use serde_json::{Value, json};

use crate::postgres::{Postgres, Session, fill_places};
use crate::process::Service;
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{Client, PROFILES, id, path};
use crate::support::database::Database;
use crate::support::{Answer, KeySpec};

/// The number of requests that wait for a database that is down.
const CROWD: usize = 200;

/// Four connections, all of which one organization may have.
const FEW_PLACES: [&str; 3] = ["--statement-timeout=1s", "--database-connections=4", "--organization-connections=4"];

/// A service on `database`, whose client has a key.
fn serve(database: &Database, arguments: &[&str]) -> Service {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let mut service = Service::serve(&database.url(), arguments);
    service.client = service.client.with_key(&key);
    service
}

/// One request of each kind, all at once.
fn every_operation(client: &Client, id: &str) -> Vec<Answer> {
    let path = path(id);
    thread::scope(|scope| {
        let requests = [
            scope.spawn(|| client.post(PROFILES).json(&json!({"name": "Example", "metadata": {"plan": "pro"}}))),
            scope.spawn(|| client.get(&path).send()),
            scope.spawn(|| client.get(PROFILES).send()),
            scope.spawn(|| client.post(&path).json(&json!({"name": "Changed"}))),
            scope.spawn(|| client.post(&format!("{path}/enrollment_url")).send()),
            scope.spawn(|| client.delete(&path).send()),
        ];
        requests.map(|request| request.join().unwrap()).into()
    })
}

/// The statuses of many requests at once, of all kinds.
fn crowd(client: &Client, id: &str) -> Vec<u16> {
    thread::scope(|scope| {
        let every = (0..CROWD / 5).flat_map(|_| {
            [
                scope.spawn(|| client.post(PROFILES).json(&json!({"metadata": {"plan": "pro"}})).status),
                scope.spawn(|| client.get(&path(id)).send().status),
                scope.spawn(|| client.get(PROFILES).send().status),
                scope.spawn(|| client.post(&path(id)).json(&json!({"name": "Changed"})).status),
                scope.spawn(|| client.without_key().get("/health/ready").send().status),
            ]
        });
        let every: Vec<_> = every.collect();
        every.into_iter().map(|request| request.join().unwrap()).collect()
    })
}

fn is_away(client: &Client, id: &str) {
    // A connection that was used a moment ago is not checked before it is used again: what a change that is sent on it comes to, the
    // service cannot know.
    let known =
        ["The database is unavailable", "The database did not confirm the change: it is unknown whether it was done"];
    for answer in every_operation(client, id) {
        assert!(known.contains(&answer.refused(503)), "{}", answer.body);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let anonymous = client.without_key();
    assert_eq!(anonymous.get("/health/live").send().ok(), json!({"status": "live"}));
    assert_eq!(anonymous.get("/health/ready").send().status, 503);
    assert_eq!(anonymous.get(PROFILES).send().status, 401);
}

/// It serves again, and then every request.
fn is_back(client: &Client, profile: &Value) {
    let retrieve = || client.get(&path(id(profile))).send();
    eventually("it serves again", || (retrieve().status == 200).then_some(()));
    assert_eq!(&retrieve().ok(), profile);
    let created = client.create(&json!({"name": "After"}));
    assert_eq!(client.retrieve(id(&created)), created);
    assert_eq!(client.without_key().get("/health/ready").send().status, 200);
}

#[test]
fn while_postgres_is_down_every_request_is_refused_and_then_served_again() {
    let mut postgres = Postgres::start(&[]);
    let key = postgres.key();
    let service = Service::serve(postgres.url(), &[]);
    let client = service.client.with_key(&key);
    let profile = client.create(&json!({"name": "Before"}));
    for go in [Postgres::stop, Postgres::kill] {
        go(&mut postgres);
        is_away(&client, id(&profile));
        assert_eq!(crowd(&client, id(&profile)), [503; CROWD]);
        postgres.start_again();
        is_back(&client, &profile);
    }
    let stored: Vec<i64> = postgres.session().column("select count(*) from user_profiles where name = 'Changed'");
    assert_eq!(stored, [0]);
}

#[test]
fn while_postgres_is_frozen_every_request_is_refused_and_then_served_again() {
    let mut postgres = Postgres::start(&[]);
    let key = postgres.key();
    let service = Service::serve(postgres.url(), &FEW_PLACES);
    let client = service.client.with_key(&key);
    let profile = client.create(&json!({"name": "Before"}));
    fill_places(&client, postgres.url(), 4);
    postgres.freeze();
    for answer in [client.get(&path(id(&profile))).send(), client.without_key().get("/health/ready").send()] {
        assert!([503, 504].contains(&answer.status), "{}", answer.body);
    }
    let statuses = crowd(&client, id(&profile));
    assert!(statuses.iter().all(|status| [503, 504].contains(status)), "{statuses:?}");
    assert_eq!(client.without_key().get("/health/live").send().status, 200);
    postgres.thaw();
    eventually("it serves again", || (client.get(PROFILES).send().status == 200).then_some(()));
    fill_places(&client, postgres.url(), 4);
    assert_eq!(client.retrieve(id(&profile))["id"], profile["id"]);
}

#[test]
fn a_row_that_another_session_has_locked_is_refused_and_does_not_change() {
    let database = Database::migrated();
    let service = serve(&database, &[]);
    let client = &service.client;
    let profile = client.create(&json!({"name": "Before", "metadata": {"plan": "pro"}}));
    let mut other = Session::open(&database.url()).unwrap();
    other.execute("begin; select from user_profiles for update");
    let changes = json!({"name": "After", "metadata": {"plan": "", "seats": "3"}});
    let answer = client.post(&path(id(&profile))).json(&changes);
    assert_eq!(answer.refused(503), "Another request is changing the same object");
    assert_eq!(client.delete(&path(id(&profile))).send().status, 503);
    // Reads do not wait.
    assert_eq!(client.retrieve(id(&profile)), profile);
    other.execute("rollback");
    assert_eq!(client.retrieve(id(&profile)), profile);
    assert_eq!(client.update(id(&profile), &changes)["metadata"], json!({"seats": "3"}));
}

#[test]
fn a_postgres_without_a_free_connection_is_unavailable_until_it_has_one() {
    let postgres = Postgres::start(&[("max_connections", "12")]);
    let key = postgres.key();
    let service = Service::serve(postgres.url(), &["--database-wait=500ms", "--webhooks-poll=60m"]);
    let client = service.client.with_key(&key);
    let mut taken = vec![postgres.session()];
    // A connection that a background job opens meanwhile is ended too, until other sessions have all of them.
    let service_sessions = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'uprof'";
    eventually("the service has no connection", || {
        while let Ok(session) = Session::open(postgres.url()) {
            taken.push(session);
        }
        taken[0].column::<bool>(service_sessions).is_empty().then_some(())
    });
    is_away(&client, "uprof_01");
    drop(taken);
    eventually("it serves again", || (client.get(PROFILES).send().status == 200).then_some(()));
    client.create(&json!({}));
}

#[test]
fn sessions_that_an_administrator_ends_cost_reads_nothing_and_writes_a_retry() {
    let database = Database::migrated();
    let service = serve(&database, &[]);
    let client = &service.client;
    let profile = client.create(&json!({"name": "Before"}));
    for _ in 0..2 {
        crowd(client, id(&profile));
        let mut other = Session::open(&database.url()).unwrap();
        let ended: Vec<bool> = other.column(
            "select pg_terminate_backend(pid, 10000)
               from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()",
        );
        assert!(ended.len() > 2, "{ended:?}");
        for _ in 0..20 {
            assert_eq!(client.get(PROFILES).send().status, 200);
            assert_eq!(client.without_key().get("/health/ready").send().status, 200);
        }
        other.column::<bool>(
            "select pg_terminate_backend(pid, 10000)
               from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()",
        );
        let statuses: Vec<_> = (0..20).map(|_| client.post(PROFILES).json(&json!({})).status).collect();
        let refused = statuses.iter().filter(|status| **status == 503).count();
        let served = statuses.iter().filter(|status| **status == 200).count();
        // The first finds out; from then on no connection of before is trusted.
        assert!(refused <= 1 && refused + served == statuses.len(), "{statuses:?}");
    }
}

#[test]
fn a_full_disk_is_reported_and_reads_continue() {
    let database = Database::migrated();
    let service = serve(&database, &[]);
    let client = &service.client;
    let profile = client.create(&json!({"name": "Before"}));
    // What Postgres answers when it cannot extend a file.
    database.execute(
        "create function no_space() returns trigger language plpgsql as $$
         begin raise exception using errcode = 'disk_full', message = 'could not extend file'; end $$;
         create trigger no_space before insert or update on user_profile_metadata execute function no_space();",
    );
    let create = client.post(PROFILES).json(&json!({"name": "After", "metadata": {"plan": "pro"}}));
    assert_eq!(create.refused(503), "The database is unavailable");
    let update = client.post(&path(id(&profile))).json(&json!({"name": "After", "metadata": {"plan": "pro"}}));
    assert_eq!(update.refused(503), "The database is unavailable");
    // Nothing was half written.
    assert_eq!(client.list("")["data"], json!([profile]));
}

#[test]
fn a_database_that_has_become_a_replica_still_reads() {
    let database = Database::migrated();
    let service = serve(&database, &[]);
    let client = &service.client;
    let profile = client.create(&json!({"name": "Before"}));
    database.execute(
        "do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$;
         select pg_terminate_backend(pid)
           from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()",
    );
    assert_eq!(client.list("")["data"], json!([profile]));
    assert_eq!(client.post(PROFILES).json(&json!({})).refused(503), "The database is unavailable");
    assert_eq!(client.delete(&path(id(&profile))).send().refused(503), "The database is unavailable");
    assert_eq!(client.retrieve(id(&profile)), profile);
}
