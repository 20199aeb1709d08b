//! Failures of a start: each is one line with the next step.

use secrecy::SecretString;

use crate::support::TestApp;
use crate::support::app::start_error;
use crate::support::database::Database;

#[test]
fn a_schema_that_is_not_current_is_refused() {
    let error = start_error(Database::empty().url(), &[]);
    assert!(error.contains("say `uprof migrate`, or start with --migrate"), "{error}");
}

#[test]
fn an_address_in_use_is_refused() {
    let app = TestApp::start();
    let error = start_error(app.database.url(), &[&format!("--listen={}", app.address)]);
    assert!(error.contains(&app.address.to_string()) && error.ends_with("choose another with --listen"), "{error}");
    app.client.list("");
}

/// Lets the sessions of `database` find its clock `ahead` of the real one: their own function comes before Postgres'.
fn shift_clock(database: &Database, ahead: &str) {
    database.execute(&format!(
        "create schema shifted;
         grant usage on schema shifted to public;
         create function shifted.clock_timestamp() returns timestamptz language sql
             as $$ select pg_catalog.clock_timestamp() + interval '{ahead}' $$;
         do $$ begin execute format('alter database %I set search_path = shifted, pg_catalog, public', current_database()); end $$;"
    ));
}

#[test]
fn a_clock_that_is_hours_ahead_of_postgres_or_behind_it_is_refused_with_both_times() {
    for (ahead, difference) in [("-2 hours", "differ by 7"), ("26 hours", "differ by 9")] {
        let database = Database::migrated();
        shift_clock(&database, ahead);
        let error = start_error(database.url(), &[]);
        assert!(error.starts_with("this machine's clock (20") && error.contains("Z) and Postgres' (20"), "{error}");
        assert!(error.contains(difference) && error.ends_with("start again"), "{error}");
    }
}

#[test]
fn a_clock_that_is_seconds_off_starts_and_the_difference_is_exposed() {
    let database = Database::migrated();
    shift_clock(&database, "-100 seconds");
    let app = TestApp::on(database, &[]);
    // The test may take its time between two readings of a clock, but not this long.
    let seconds = app.metrics().count("uprof_clock_difference_seconds");
    assert!((90..=110).contains(&seconds), "{seconds}");
    let right = TestApp::start();
    assert!(right.metrics().count("uprof_clock_difference_seconds") < 10);
}

#[test]
fn a_missing_database_is_refused() {
    let nowhere = SecretString::from("postgres://uprof:password@127.0.0.1:1/uprof");
    let error = start_error(nowhere, &[]);
    assert!(error.lines().count() == 1 && !error.contains("password"), "{error}");
}
