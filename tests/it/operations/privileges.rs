//! The role of the service, which the services of all these tests run as.

use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::Row;
use uprof::storage::migrate;

use crate::support::TestApp;
use crate::support::app::start_error;
use crate::support::database::{Database, SERVICE_ROLE, runtime, try_execute};
use crate::support::max_wait::eventually;

#[test]
fn the_role_of_the_service_owns_nothing_and_is_no_superuser() {
    let app = TestApp::start();
    app.client.get("/health/ready").send().ok();
    let serving = "select coalesce(bool_and(usename = 'uprof_service'), false) as serves
                     from pg_stat_activity
                    where datname = current_database() and application_name = 'uprof notifications'";
    // The service connects in the background.
    eventually("the service is connected", || app.database.row(serving).get::<bool, _>("serves").then_some(()));
    let row = app.database.row(
        "select (select count(*) from pg_class where relowner = role.oid) +
                (select count(*) from pg_proc where proowner = role.oid) +
                (select count(*) from pg_namespace where nspowner = role.oid) +
                (select count(*) from pg_database where datdba = role.oid) +
                (select count(*) from pg_auth_members where member = role.oid) as held,
                rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls as is_powerful
           from pg_roles role
          where rolname = 'uprof_service'",
    );
    assert_eq!(row.get::<i64, _>("held"), 0);
    assert!(!row.get::<bool, _>("is_powerful"));
}

#[test]
fn the_role_of_the_service_cannot_change_the_schema_or_the_history_of_migrations() {
    let database = Database::migrated();
    for statement in [
        "alter table user_profiles add column more text",
        "drop table user_profiles",
        "truncate user_profiles",
        "create index more on user_profiles (name)",
        "insert into schema_requirement (version) values (1)",
        "update refinery_schema_history set checksum = '0'",
        "delete from refinery_schema_history",
        "create role another",
    ] {
        let refused = try_execute(database.service_url().expose_secret(), statement).unwrap_err().to_string();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{statement}: {refused}");
    }
}

#[test]
fn the_privileges_can_be_granted_before_the_first_migration_and_again() {
    let database = Database::empty();
    database.execute(SERVICE_ROLE);
    database.execute(SERVICE_ROLE);
    let error = start_error(database.service_url(), &[]);
    assert!(error.contains("schema is not current"), "{error}");
    runtime().block_on(migrate(&database.url())).unwrap();
    database.execute(SERVICE_ROLE);
    let app = TestApp::on(database, &[]);
    let profile = app.client.create(&json!({"name": "Example"}));
    assert_eq!(profile["name"], "Example");
}
