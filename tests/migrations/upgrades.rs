//! Upgrades while others write, and services on the schema of a newer release.

use std::thread;
use std::time::Duration;

use sqlx::Row;
use uprof::storage::{SchemaState, migrate};

use crate::support::database::{Database, runtime};
use crate::{NEWEST, migrations, refusal, run, state, success};

/// As a migration of a newer release leaves it.
const FROM_TOMORROW: &str = "insert into refinery_schema_history
     select 9999, 'from_tomorrow', applied_on, checksum from refinery_schema_history where version = 1";

#[test]
fn a_schema_is_behind_or_current_or_newer_or_ahead() {
    let database = Database::empty();
    runtime().block_on(migrate(&database.url())).unwrap();
    database.execute(FROM_TOMORROW);
    assert_eq!(state(&database), SchemaState::Newer(vec!["V9999__from_tomorrow".to_owned()]));
    database.execute("insert into schema_requirement values (9999)");
    assert_eq!(state(&database), SchemaState::Ahead(vec!["V9999__from_tomorrow".to_owned()]));
    database.execute("delete from refinery_schema_history where version = 9999");
    assert_eq!(state(&database), SchemaState::Current);
    let newest: i32 = database.row(NEWEST).get("version");
    database.execute(&format!("delete from refinery_schema_history where version = {newest}"));
    assert!(matches!(state(&database), SchemaState::Behind(missing) if missing.len() == 1));
}

#[test]
fn a_schema_of_a_newer_release_that_took_something_away_is_refused_in_one_line() {
    let database = Database::empty();
    runtime().block_on(migrate(&database.url())).unwrap();
    database.execute(FROM_TOMORROW);
    database.execute("insert into schema_requirement values (9999)");
    for arguments in [&["migrate"][..], &["migrate", "--check"], &["serve", "--listen", "127.0.0.1:0"]] {
        let said = refusal(&run(arguments, &database.url()));
        assert!(said.contains("V9999__from_tomorrow") && said.contains("or a newer one"), "{said}");
    }
}

#[test]
fn a_schema_of_a_newer_release_that_only_added_something_is_used_and_left_as_it_is() {
    let database = Database::empty();
    runtime().block_on(migrate(&database.url())).unwrap();
    database.execute(FROM_TOMORROW);
    assert_eq!(success(&run(&["migrate"], &database.url())), "the schema was current already\n");
    let said = success(&run(&["migrate", "--check"], &database.url()));
    assert!(said.contains("newer") && said.contains("V9999__from_tomorrow"), "{said}");
    success(&run(&["organizations", "list"], &database.url()));
    let newest: i32 = database.row(NEWEST).get("version");
    assert_eq!(newest, 9999);
}

pub(crate) const ORGANIZATION: &str =
    "insert into organizations (id, created_at, name, default_version) values (gen_random_uuid(), now(), 'Acme', 'ga')";

/// A profile for it.
const CREATE: &str = "insert into user_profiles (organization_id, id, created_at, updated_at, relationship)
         select id, gen_random_uuid(), now(), now(), 'external' from organizations";

/// A database with the schema of the migrations up to `version`.
pub(crate) fn migrated_to(version: i32) -> Database {
    let (database, current) = (Database::empty(), Database::migrated());
    let rows = current.row("select json_agg(h)::text as rows from refinery_schema_history h");
    let rows: String = rows.get("rows");
    database.execute(
        "create table refinery_schema_history (version int4 primary key, name varchar(255), applied_on varchar(255), checksum varchar(255))",
    );
    for (index, text) in migrations().iter().enumerate() {
        if i32::try_from(index).unwrap() < version {
            database.execute(text);
        }
    }
    database.execute(&format!(
        "insert into refinery_schema_history
         select * from json_populate_recordset(null::refinery_schema_history, $rows${rows}$rows$) where version <= {version}"
    ));
    database
}

/// Migrates while one transaction that has written is open, which the migration waits for, and others write.
#[expect(clippy::disallowed_methods, reason = "another process has no event to wait for")]
fn migrate_while_others_write(database: &Database) {
    database.execute(ORGANIZATION);
    let writer = database.session(CREATE);
    let url = database.url();
    let migrating = thread::spawn(move || run(&["migrate"], &url));
    for _ in 0..30 {
        // Would wait for as long as the migration does if it stood in line behind it.
        database.execute(&format!("set lock_timeout = '2s'; {CREATE}"));
        thread::sleep(Duration::from_millis(100));
    }
    assert!(!migrating.is_finished());
    writer.commit();
    assert!(success(&migrating.join().unwrap()).starts_with("migrations applied: "));
    assert_eq!(state(database), SchemaState::Current);
    assert_eq!(database.count("user_profiles"), 31);
}

#[test]
fn a_migration_that_waits_for_a_lock_lets_those_pass_that_write() {
    // The next migration adds a column to the profiles.
    migrate_while_others_write(&migrated_to(25));
}

#[test]
fn indexes_are_built_while_others_write() {
    let database = migrated_to(26);
    migrate_while_others_write(&database);
    assert_eq!(database.count("pg_index where not indisvalid"), 0);
}

#[test]
fn an_index_whose_build_was_interrupted_is_built_again() {
    let database = migrated_to(26);
    // As the interrupted build leaves it.
    database.execute(
        "create index user_profiles_reference_id_idx on user_profiles (organization_id);
         update pg_index set indisvalid = false where indexrelid = 'user_profiles_reference_id_idx'::regclass",
    );
    success(&run(&["migrate"], &database.url()));
    let built = "pg_indexes where indexname = 'user_profiles_reference_id_idx' and indexdef like '%(organization_id, reference_id%'";
    assert_eq!(database.count(built), 1);
    assert_eq!(database.count("pg_index where not indisvalid"), 0);
    assert_eq!(state(&database), SchemaState::Current);
}
