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

#[test]
fn a_missing_database_is_refused() {
    let nowhere = SecretString::from("postgres://uprof:password@127.0.0.1:1/uprof");
    let error = start_error(nowhere, &[]);
    assert!(error.lines().count() == 1 && !error.contains("password"), "{error}");
}
