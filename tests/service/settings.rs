//! Settings: blank ones, secrets in files, `uprof config check`, and what the service refuses before it starts.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use secrecy::ExposeSecret;
use serde_json::Value;

use crate::postgres::Postgres;
use crate::process::{Process, Service, serve, uprof};
use crate::scratch::{Scratch, eventually};
use crate::support::database::{Database, SERVICE_ROLE};

const NO_DATABASE: &str = "postgres://uprof:sesame@127.0.0.1:1/uprof";

fn check(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = uprof();
    command.args(["config", "check", "--format", "json"]).args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

/// What `uprof config check` prints of the setting `name`: its value and its source.
#[track_caller]
fn setting(output: &Output, name: &str) -> (String, String) {
    let settings: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: Vec<_> = settings.as_array().unwrap().iter().filter(|setting| setting["name"] == name).collect();
    assert_eq!(found.len(), 1, "{name} in {settings}");
    let text = |member: &str| found[0][member].as_str().unwrap_or_default().to_owned();
    (text("value"), text("source"))
}

/// Each variable of `.env.example`, with its default or with nothing.
fn example(value: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.env.example")).unwrap();
    let settings = text.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let settings = settings.filter(|(name, _)| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
    settings.map(|(name, default)| (name.to_owned(), value(default))).collect()
}

/// `uprof serve` with those variables on a free port of a database.
fn started(variables: Vec<(String, String)>) -> Service {
    let database = Database::migrated();
    let mut command = serve(&database.url(), &[]);
    command.envs(variables).env("DATABASE_URL", database.url().expose_secret());
    let process = Process::spawn(command);
    let address =
        process.stderr.find(|line| line.split_once("listening on http://")?.1.split('"').next()?.parse().ok());
    Service { process, address, client: crate::support::Client::new(address) }
}

#[test]
fn a_service_starts_with_every_setting_blank_and_with_every_setting_at_its_default() {
    for variables in [example(|_| String::new()), example(|_| "  ".to_owned()), example(str::to_owned)] {
        assert!(variables.len() > 20, "{variables:?}");
        started(variables).client.get("/health/ready").send().ok();
    }
}

#[test]
fn a_blank_setting_has_its_default() {
    let output = check(&[], &[("DATABASE_URL", NO_DATABASE), ("UPROF_QUEUE", ""), ("UPROF_MIGRATE", " ")]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(setting(&output, "UPROF_QUEUE"), ("4096".to_owned(), "default".to_owned()));
    assert_eq!(setting(&output, "UPROF_MIGRATE"), ("false".to_owned(), "default".to_owned()));
}

#[test]
fn a_check_prints_each_setting_with_its_source_and_no_secret() {
    let scratch = Scratch::new();
    let file = scratch.path().join("url");
    fs::write(&file, format!("{NO_DATABASE}\n")).unwrap();
    let variables = [
        ("DATABASE_URL_FILE", file.to_str().unwrap()),
        ("UPROF_MIGRATION_DATABASE_URL", NO_DATABASE),
        ("PGPASSWORD", "sesame"),
        ("UPROF_BATCH_ROWS", "7"),
    ];
    let output = check(&["--queue=99", "--database-connections=40"], &variables);
    assert!(output.status.success(), "{output:?}");
    for (name, value, source) in [
        ("DATABASE_URL", "(set, not shown)", format!("file {}", file.display())),
        ("UPROF_MIGRATION_DATABASE_URL", "(set, not shown)", "variable UPROF_MIGRATION_DATABASE_URL".to_owned()),
        ("PGPASSWORD", "(set, not shown)", "variable PGPASSWORD".to_owned()),
        ("UPROF_BATCH_ROWS", "7", "variable UPROF_BATCH_ROWS".to_owned()),
        ("UPROF_QUEUE", "99", "flag --queue".to_owned()),
        ("UPROF_ORGANIZATION_CONNECTIONS", "10", "default".to_owned()),
        ("UPROF_PUBLIC_URL", "http://127.0.0.1:8080", "default".to_owned()),
        ("UPROF_STATEMENT_TIMEOUT", "3s", "default".to_owned()),
        ("UPROF_METRICS_LISTEN", "", "default".to_owned()),
    ] {
        assert_eq!(setting(&output, name), (value.to_owned(), source), "{name}");
    }
    assert!(!format!("{output:?}").contains("sesame"), "{output:?}");
}

#[test]
fn a_check_is_text_for_people() {
    let output = uprof().args(["config", "check"]).env("DATABASE_URL", NO_DATABASE).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let queue = text.lines().find(|line| line.starts_with("UPROF_QUEUE ")).unwrap();
    assert_eq!(queue.split_whitespace().collect::<Vec<_>>(), ["UPROF_QUEUE", "4096", "default"]);
}

/// Settings that are refused, and a part of the reason.
const REFUSED: [(&[&str], &str); 6] = [
    (
        &["--organization-connections=17"],
        "UPROF_ORGANIZATION_CONNECTIONS=17 is more than UPROF_DATABASE_CONNECTIONS=16",
    ),
    (&["--queue-bytes=1000"], "UPROF_QUEUE_BYTES=1000 is less than UPROF_MAX_BODY_BYTES=262144"),
    (&["--lock-timeout=4s"], "UPROF_LOCK_TIMEOUT=4s is longer than UPROF_STATEMENT_TIMEOUT=3s"),
    (&["--listen=127.0.0.1:8099", "--metrics-listen=0.0.0.0:8099"], "UPROF_METRICS_LISTEN and UPROF_LISTEN"),
    (&["--database-url-file=/nowhere"], "DATABASE_URL and DATABASE_URL_FILE are both set"),
    (&["--log=uprof=loud"], "UPROF_LOG"),
];

#[test]
fn contradicting_settings_are_refused_by_the_check_and_by_the_start() {
    for (arguments, reason) in REFUSED {
        let output = check(arguments, &[("DATABASE_URL", NO_DATABASE)]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && said.contains(reason), "{arguments:?}: {said}");
        let mut command = uprof();
        command.arg("serve").args(arguments).env("DATABASE_URL", NO_DATABASE);
        let said = Process::spawn(command).refusal();
        assert!(said.contains(reason), "{arguments:?}: {said}");
    }
}

#[test]
fn a_check_names_everything_that_is_wrong() {
    let output = check(&["--organization-connections=17", "--queue-bytes=1"], &[("DATABASE_URL", "mysql://sesame")]);
    let said = String::from_utf8(output.stderr).unwrap();
    for reason in ["DATABASE_URL is not a valid", "UPROF_ORGANIZATION_CONNECTIONS", "UPROF_QUEUE_BYTES"] {
        assert!(said.contains(reason), "{said}");
    }
    assert!(output.status.code() == Some(1) && !said.contains("sesame"), "{said}");
    assert!(!output.stdout.is_empty());
    let output = check(&[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("set DATABASE_URL"));
}

#[test]
fn a_secret_file_that_is_missing_or_empty_is_named() {
    let scratch = Scratch::new();
    let empty = scratch.path().join("empty");
    fs::write(&empty, "\n").unwrap();
    for (file, reason) in [("/nowhere", "cannot read /nowhere"), (empty.to_str().unwrap(), "is empty")] {
        for variable in ["DATABASE_URL_FILE", "PGPASSWORD_FILE"] {
            let mut command = uprof();
            command.arg("serve").env(variable, file);
            if variable != "DATABASE_URL_FILE" {
                command.env("DATABASE_URL", NO_DATABASE);
            }
            let said = Process::spawn(command).refusal();
            assert!(said.contains(variable) && said.contains(reason), "{said}");
        }
    }
}

#[test]
fn a_service_reads_its_database_from_a_file() {
    let (scratch, database) = (Scratch::new(), Database::migrated());
    let file = scratch.path().join("url");
    fs::write(&file, format!("{}\r\n", database.url().expose_secret())).unwrap();
    let mut command = serve(&database.url(), &[]);
    command.env_remove("DATABASE_URL").env("DATABASE_URL_FILE", &file);
    let process = Process::spawn(command);
    process.stderr.find(|line| line.contains("listening on").then_some(()));
}

#[test]
fn migrations_run_as_the_role_that_owns_the_schema_and_the_service_as_another() {
    let database = Database::empty();
    database.execute(SERVICE_ROLE);
    for migrates_as_owner in [false, true] {
        let mut command = serve(&database.service_url(), &["--migrate"]);
        if migrates_as_owner {
            command.env("UPROF_MIGRATION_DATABASE_URL", database.url().expose_secret());
            let process = Process::spawn(command);
            process.stderr.find(|line| line.contains("listening on").then_some(()));
        } else {
            let said = Process::spawn(command).refusal();
            assert!(said.contains("permission denied"), "{said}");
        }
    }
    let mut migrate = uprof();
    migrate.args(["migrate", "--check"]).env("UPROF_MIGRATION_DATABASE_URL", database.url().expose_secret());
    assert!(migrate.output().unwrap().status.success());
}

#[test]
fn a_blank_variable_of_the_driver_counts_as_not_set() {
    let postgres = Postgres::start(&[]);
    let mut session = postgres.session();
    session.execute("create role reader superuser login password 'sesame'");
    let rules: Vec<String> = session.column("show hba_file");
    fs::write(&rules[0], "local all reader scram-sha-256\nlocal all all trust\n").unwrap();
    session.execute("select pg_reload_conf()");
    let (scratch, blank) = (Scratch::new(), ["", " "]);
    let passwords = scratch.path().join("passwords");
    fs::write(&passwords, "*:*:*:reader:sesame\n").unwrap();
    fs::set_permissions(&passwords, Permissions::from_mode(0o600)).unwrap();
    let (_, rest) = postgres.url().expose_secret().split_once('@').unwrap();
    let url = format!("postgres://reader@{rest}");
    let list = |variables: &[(&str, &str)]| {
        let mut command = uprof();
        command.args(["organizations", "list"]).env("DATABASE_URL", &url).env("PGPASSFILE", &passwords);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    eventually("the rules are in force", || (!list(&[("PGPASSWORD", "wrong")]).status.success()).then_some(()));
    for value in blank {
        let output = list(&[("PGPASSWORD", value), ("PGSSLROOTCERT", value), ("PGSSLMODE", value), ("PGPORT", value)]);
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn tls_is_refused_by_a_build_without_it() {
    if cfg!(feature = "tls") {
        return;
    }
    let url = format!("{NO_DATABASE}?sslmode=verify-full");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE");
    for (url, variable) in [(url.as_str(), "UPROF_LISTEN"), (NO_DATABASE, "UPROF_CA_FILE")] {
        let mut command = uprof();
        let value = if variable == "UPROF_CA_FILE" { file } else { "127.0.0.1:0" };
        command.arg("serve").env("DATABASE_URL", url).env(variable, value);
        let said = Process::spawn(command).refusal();
        assert!(said.contains("--features tls"), "{said}");
    }
}

#[test]
fn traces_are_refused_by_a_build_that_exports_none() {
    if cfg!(feature = "otel") {
        return;
    }
    for variable in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] {
        let endpoint = (variable, "http://collector:4318");
        let output = check(&[], &[("DATABASE_URL", NO_DATABASE), endpoint]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let mut command = uprof();
        command.arg("serve").env("DATABASE_URL", NO_DATABASE).env(endpoint.0, endpoint.1);
        let said = Process::spawn(command).refusal();
        assert!(said.contains("--features otel"), "{said}");
        let output = check(&[], &[("DATABASE_URL", NO_DATABASE), endpoint, ("OTEL_SDK_DISABLED", "true")]);
        assert!(output.status.success(), "{output:?}");
    }
}

/// The one line of standard error.
fn line(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{text}");
    text
}

#[test]
fn an_error_that_ends_the_service_is_in_the_form_of_its_log() {
    for (arguments, variable, is_json) in [
        (&["--log-format=json"][..], "text", true),
        (&["--log-format=text"], "json", false),
        (&["--log-format", "text"], "json", false),
        (&[], "text", false),
        (&[], "json", true),
        (&[], "", true),
    ] {
        // A fault at the start, and a setting that cannot be parsed.
        for wrong in ["--listen=127.0.0.1:0", "--grace=soon"] {
            let mut command = uprof();
            command.args(["serve", wrong]).args(arguments).env("UPROF_LOG_FORMAT", variable);
            let text = line(&mut command);
            let parsed: Option<Value> = serde_json::from_str(&text).ok();
            assert_eq!(parsed.is_some(), is_json, "{arguments:?} {variable} {wrong}: {text}");
            assert!(parsed.is_none_or(|line| line["level"] == "ERROR" && line["message"].is_string()), "{text}");
        }
    }
}

#[test]
fn a_probe_asks_the_address_that_the_service_listens_on() {
    let service = started(Vec::new());
    let port = service.address.port();
    for listen in [format!("0.0.0.0:{port}"), format!("127.0.0.1:{port}")] {
        let output = uprof().arg("health").env("UPROF_LISTEN", &listen).output().unwrap();
        assert!(output.status.success(), "{listen}: {output:?}");
    }
    let closed = uprof().arg("health").env("UPROF_LISTEN", "0.0.0.0:1").output().unwrap();
    assert_eq!(closed.status.code(), Some(1), "{closed:?}");
}
