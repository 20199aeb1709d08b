//! A failed start of `uprof serve` is reported in one line, without the password.

use std::net::TcpListener;
use std::str::FromStr;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;

use crate::process::{Process, serve, uprof};
use crate::support::database::Database;

const PASSWORD: &str = "sesame";

/// An invalid URL, of which the parser's own message repeats the password.
const REPEATED: &str = "postgres://uprof@127.0.0.1/uprof?sslmode=disable,password=sesame";

#[test]
fn an_unreachable_database_is_one_line_without_the_password() {
    for url in [
        "postgres://uprof:sesame@127.0.0.1:1/uprof",
        "postgres://uprof:sesame@localhost/uprof?host=/nowhere",
        "postgres://uprof:sesame@uprof.invalid/uprof",
        // sqlx warns of a parameter that it does not know, with its value.
        "postgres://uprof@127.0.0.1:1/uprof?pasword=sesame",
    ] {
        for arguments in [&[][..], &["--migrate"]] {
            let said = Process::spawn(serve(&SecretString::from(url), arguments)).refusal();
            assert!(said.contains("cannot be reached") && said.contains("DATABASE_URL"), "{said}");
            assert!(!said.contains(PASSWORD), "{said}");
        }
    }
}

#[test]
fn a_database_that_accepts_a_connection_and_never_answers_is_one_line_without_the_password() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = SecretString::from(format!("postgres://uprof:sesame@{}/uprof", silent.local_addr().unwrap()));
    // Both wait for the same time limit, so they run at once.
    let [plain, mut traced] = [&[][..], &["--log=trace"]].map(|arguments| Process::spawn(serve(&url, arguments)));
    let said = plain.refusal();
    assert!(said.contains("cannot be reached") && said.contains("DATABASE_URL"), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
    assert_eq!(traced.wait().code(), Some(1));
    let lines = traced.stderr.to_the_end();
    assert!(lines.iter().any(|line| line.contains("cannot be reached")), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains(PASSWORD)), "{lines:?}");
}

#[test]
fn an_invalid_url_is_one_line_without_the_password() {
    let parser = PgConnectOptions::from_str(REPEATED).unwrap_err().to_string();
    assert!(parser.contains(PASSWORD), "choose a URL that the parser repeats: {parser}");
    for url in [
        REPEATED,
        "sesame",
        "uprof:sesame@127.0.0.1/uprof",
        "postgres://uprof:sesame@127.0.0.1:port/uprof",
        "postgres://uprof:ses/ame@127.0.0.1/uprof",
    ] {
        let said = Process::spawn(serve(&SecretString::from(url), &[])).refusal();
        assert!(said.contains("DATABASE_URL is not a valid postgres:// URL"), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
}

#[test]
fn a_url_of_another_kind_of_database_is_refused() {
    for url in ["mysql://uprof:sesame@127.0.0.1/uprof", "http://uprof:sesame@127.0.0.1/uprof"] {
        let said = Process::spawn(serve(&SecretString::from(url), &[])).refusal();
        assert!(said.contains("DATABASE_URL is not a valid postgres:// URL"), "{said}");
    }
}

#[test]
fn a_database_that_does_not_exist_is_named() {
    let database = Database::migrated();
    let url = secrecy::ExposeSecret::expose_secret(&database.url()).replacen("/test_", "/nothing_", 1);
    let said = Process::spawn(serve(&SecretString::from(url), &[])).refusal();
    assert!(said.contains("nothing_"), "{said}");
}

#[test]
fn serving_without_a_database_is_one_line_with_the_next_step() {
    for url in [None, Some("")] {
        let mut command = uprof();
        command.arg("serve").envs(url.map(|url| ("DATABASE_URL", url)));
        let said = Process::spawn(command).refusal();
        assert!(said.contains("DATABASE_URL") && said.contains("uprof dev"), "{said}");
    }
}

#[test]
fn an_invalid_log_filter_is_one_line() {
    let database = Database::migrated();
    let said = Process::spawn(serve(&database.url(), &["--log=uprof=loud"])).refusal();
    assert!(said.contains("UPROF_LOG"), "{said}");
}
