//! The schema, and how a database gets it.
#![expect(clippy::unwrap_used, reason = "a database that cannot be asked fails the test")]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

use secrecy::{ExposeSecret, SecretString};
use sqlx::Row;
use uprof::storage::migrate;
use uprof::storage::{SchemaState, schema_state};

use support::database::{Database, runtime};

mod load;
mod upgrades;

#[expect(dead_code, unused_imports, reason = "shared with tests that need more of it")]
#[path = "../it/support/mod.rs"]
mod support;

/// The last migration.
const NEWEST: &str = "select max(version) as version from refinery_schema_history";

fn uprof(arguments: &[&str], url: &SecretString) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uprof"));
    // As people read it: an error is a line of text for each verb.
    command
        .args(arguments)
        .env("DATABASE_URL", url.expose_secret())
        .env("UPROF_LOG_FORMAT", "text")
        .stdin(Stdio::null());
    command
}

fn run(arguments: &[&str], url: &SecretString) -> Output {
    uprof(arguments, url).output().unwrap()
}

/// The one line with which a verb failed.
#[track_caller]
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text.strip_prefix("error: ").unwrap().trim_end().to_owned()
}

fn success(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn state(database: &Database) -> SchemaState {
    runtime().block_on(schema_state(&database.url())).unwrap()
}

/// The names that `query` finds, which selects one text from each row.
fn names(database: &Database, query: &str) -> Vec<String> {
    let found = database
        .row(&format!("select coalesce(array_agg(name order by name), '{{}}') as names from ({query}) found (name)"));
    found.get("names")
}

#[test]
fn every_constraint_and_index_has_the_name_that_its_migration_gives_it() {
    let database = Database::migrated();
    let found = names(
        &database,
        "select conname::text from pg_constraint join pg_class on pg_class.oid = conrelid
          where relnamespace = 'public'::regnamespace and relname <> 'refinery_schema_history' and contype <> 'n'
         union
         select indexrelid::regclass::text from pg_index join pg_class on pg_class.oid = indrelid
          where relnamespace = 'public'::regnamespace and relname <> 'refinery_schema_history'",
    );
    assert_eq!(found, Vec::from_iter(declared()));
}

/// The texts of `migrations/`, without comments, in their order.
fn migrations() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    let version = |file: &PathBuf| -> u32 {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.strip_prefix('V').unwrap().split_once("__").unwrap().0.parse().unwrap()
    };
    files.sort_by_key(version);
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    texts.map(|text| text.lines().map(|line| line.split("--").next().unwrap()).collect::<Vec<_>>().join("\n")).collect()
}

/// What the migrations name, without what later ones drop.
fn declared() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in migrations() {
        let text = text.replace("concurrently ", "").replace("if not exists ", "").replace("if exists ", "");
        let words: Vec<&str> = text.split_whitespace().collect();
        for named in words.windows(3).filter(|words| ["constraint", "index"].contains(&words[1])) {
            let name = named[2].trim_end_matches(';').to_owned();
            if named[0] == "drop" {
                names.remove(&name)
            } else {
                names.insert(name)
            };
        }
    }
    names
}

#[test]
fn every_key_leads_with_the_organization_except_its_own() {
    let database = Database::migrated();
    let other = names(
        &database,
        "select conname::text
           from pg_constraint
           join pg_class on pg_class.oid = conrelid
           join pg_attribute on attrelid = conrelid and attnum = conkey[1]
          where relnamespace = 'public'::regnamespace
            and relname <> 'refinery_schema_history'
            and contype in ('p', 'u', 'f', 'x')
            and attname <> 'organization_id'
         union
         select indexrelid::regclass::text
           from pg_index
           join pg_class on pg_class.oid = indrelid
           join pg_attribute on attrelid = indrelid and attnum = indkey[0]
          where relnamespace = 'public'::regnamespace
            and relname <> 'refinery_schema_history'
            and attname <> 'organization_id'",
    );
    // Authentication finds a key before it knows whose it is (migrations/V2__api_keys.sql), and what ends is swept for all at once.
    assert_eq!(
        other,
        [
            "api_keys_hash_idx",
            "batch_answers_created_at_idx",
            "enforcement_actions_expires_at_idx",
            "enrollments_expires_at_idx",
            "enrollments_token_hash_idx",
            "erased_user_profiles_remains_idx",
            "idempotency_keys_created_at_idx",
            "organizations_pkey",
            "replicas_pkey",
            "trust_grants_expires_at_idx",
        ]
    );
}

#[test]
fn every_table_of_an_organization_has_its_id_as_a_required_column() {
    let database = Database::migrated();
    let without = names(
        &database,
        "select relname::text
           from pg_class
          where relnamespace = 'public'::regnamespace
            and relkind in ('r', 'p')
            and not exists (
                select from pg_attribute where attrelid = pg_class.oid and attname = 'organization_id' and attnotnull
            )",
    );
    assert_eq!(without, ["organizations", "refinery_schema_history", "replicas", "schema_requirement"]);
}

/// A distributed Postgres has no triggers on its tables, and takes a constraint by a statement of its own. The one trigger that is left announces
/// events, which needs the locks of one node anyway.
#[test]
fn the_schema_has_no_more_triggers_and_its_later_constraints_are_added_one_at_a_time() {
    let triggers = "select tgname::text from pg_trigger where not tgisinternal";
    assert_eq!(names(&Database::migrated(), triggers), ["events_announced"]);
    let later = migrations().into_iter().skip(31).collect::<String>();
    let additions: Vec<_> = later.split(';').filter(|statement| statement.contains("add constraint")).collect();
    assert!(additions.len() >= 3);
    for statement in additions {
        let subcommands = [" add ", " drop ", " alter column "].map(|verb| statement.matches(verb).count());
        assert_eq!(subcommands.iter().sum::<usize>(), 1, "{statement}");
    }
}

#[test]
fn migrating_again_changes_nothing() {
    let database = Database::empty();
    assert!(matches!(state(&database), SchemaState::Behind(missing) if missing[0] == "V1__organizations"));
    let applied = runtime().block_on(migrate(&database.url())).unwrap();
    assert_eq!(applied, migrations().len());
    assert_eq!(state(&database), SchemaState::Current);
    let history =
        || names(&database, "select concat(version, name, applied_on, checksum) from refinery_schema_history");
    let before = history();
    assert_eq!(runtime().block_on(migrate(&database.url())).unwrap(), 0);
    assert_eq!(history(), before);
    assert_eq!(success(&run(&["migrate"], &database.url())), "the schema was current already\n");
}

#[test]
fn four_processes_that_migrate_one_empty_database_at_once_all_succeed() {
    for _ in 0..3 {
        let database = Database::empty();
        let url = database.url();
        let processes: Vec<_> = (0..4)
            .map(|_| uprof(&["migrate"], &url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
            .collect();
        let waiting: Vec<_> =
            processes.into_iter().map(|process| thread::spawn(|| process.wait_with_output())).collect();
        let said: Vec<_> = waiting.into_iter().map(|process| success(&process.join().unwrap().unwrap())).collect();
        let applied = said.iter().filter(|line| line.starts_with("migrations applied: ")).count();
        assert_eq!(applied, 1, "{said:?}");
        assert_eq!(state(&database), SchemaState::Current);
    }
}

#[test]
fn a_migration_that_was_changed_after_it_ran_is_refused_in_one_line() {
    let database = Database::empty();
    runtime().block_on(migrate(&database.url())).unwrap();
    database.execute("update refinery_schema_history set checksum = '1' where version = 1");
    for arguments in [
        &["migrate"][..],
        &["migrate", "--check"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["serve", "--migrate", "--listen", "127.0.0.1:0"],
        &["organizations", "list"],
    ] {
        let said = refusal(&run(arguments, &database.url()));
        assert!(said.contains("V1__organizations") && said.contains("start the release that made it"), "{said}");
    }
}

#[test]
fn nothing_is_served_on_a_schema_that_is_not_current() {
    let database = Database::empty();
    let listen = ["--listen", "127.0.0.1:0"];
    let said = refusal(&run(&["serve", listen[0], listen[1]], &database.url()));
    assert!(said.contains("V1__organizations") && said.contains("uprof migrate"), "{said}");
    let said = refusal(&run(&["organizations", "list"], &database.url()));
    assert!(said.contains("uprof migrate"), "{said}");
}

#[test]
fn a_check_reports_by_its_exit_status_and_changes_nothing() {
    let database = Database::empty();
    let said = refusal(&run(&["migrate", "--check"], &database.url()));
    assert!(said.contains("V1__organizations"), "{said}");
    assert!(matches!(state(&database), SchemaState::Behind(_)));
    assert_eq!(success(&run(&["migrate"], &database.url())), format!("migrations applied: {}\n", migrations().len()));
    assert_eq!(success(&run(&["migrate", "--check"], &database.url())), "the schema is current\n");
}

#[test]
fn a_migration_that_fails_changes_nothing_and_the_next_attempt_goes_on_with_it() {
    let database = Database::empty();
    // In the way of the second migration.
    database.execute("create table api_keys (id int)");
    let said = refusal(&run(&["migrate"], &database.url()));
    assert!(said.contains("api_keys"), "{said}");
    assert_eq!(
        names(&database, "select tablename::text from pg_tables where schemaname = 'public'"),
        ["api_keys", "organizations", "refinery_schema_history"]
    );
    database.execute("drop table api_keys");
    success(&run(&["migrate"], &database.url()));
    assert_eq!(state(&database), SchemaState::Current);
}
