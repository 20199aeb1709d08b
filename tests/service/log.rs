//! The log: one line a request, without personal data.

use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};
use uprof::domain::credential::api_key::ApiKeySecret;

use crate::metrics::{after, read};
use crate::process::{Lines, Service, key};
use crate::scratch::eventually;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::{PROFILES, id, path};
use crate::support::database::Database;
use crate::support::{Answer, KeySpec};

/// Part of every value that is personal data.
const MARKER: &str = "Xanthippe";

/// A service on `database`, which logs as `filter` says, a key, and the id of its organization.
fn serve(database: &Database, filter: &[&str]) -> (Service, String, String) {
    let accounts = Accounts::of(database.url());
    let key = accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default());
    let mut service = Service::serve(&database.url(), filter);
    service.client = service.client.with_key(&key);
    (service, key.secret, key.organization.to_string())
}

/// The lines about requests.
fn requests(lines: &Lines) -> Vec<Value> {
    let parsed = lines.to_the_end().into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    parsed.filter(|line| line["message"] == "request").collect()
}

#[test]
fn every_request_is_one_line_with_its_request_id() {
    let database = Database::migrated();
    let (mut service, _, organization) = serve(&database, &[]);
    let client = &service.client;
    let profile = client.create(&json!({"name": MARKER}));
    let path = path(id(&profile));
    let answers: Vec<(Answer, &str)> = vec![
        (client.post(PROFILES).json(&json!({})), "create_user_profile"),
        (client.post(PROFILES).json(&json!({"name": 5})), "create_user_profile"),
        (client.get(&path).send(), "retrieve_user_profile"),
        (client.get(PROFILES).send(), "list_user_profiles"),
        (client.post(&path).json(&json!({"name": "Changed"})), "update_user_profile"),
        (client.delete(&path).send(), "delete_user_profile"),
        (client.delete(&path).send(), "delete_user_profile"),
    ];
    let strangers = [
        client.without_key().get(PROFILES).send(),
        client.get("/v1/nothing").send(),
        client.call(ureq::http::Method::PUT, PROFILES).send(),
        client.get("/nothing").send(),
    ];
    for probe in ["/health/live", "/health/ready"] {
        client.get(probe).send().ok();
    }
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
    let lines = requests(&service.process.stderr);
    assert_eq!(lines.len(), 1 + answers.len() + strangers.len(), "{lines:#?}");
    assert!(service.process.stdout.to_the_end().is_empty());

    let line = |answer: &Answer| {
        let request_id = answer.header("request-id").unwrap();
        let found: Vec<_> = lines.iter().filter(|line| line["request.id"] == request_id).collect();
        assert_eq!(found.len(), 1, "{request_id} in {lines:#?}");
        assert_eq!(found[0]["http.status"], answer.status);
        assert!(found[0]["duration.us"].is_u64() && found[0]["timestamp"].is_string(), "{}", found[0]);
        found[0]
    };
    for (answer, operation) in &answers {
        let line = line(answer);
        assert_eq!(line["operation"], *operation, "{line}");
        assert_eq!(line["organization.id"], organization, "{line}");
        assert_eq!(line["api.version"], DEFAULT_VERSION, "{line}");
    }
    for answer in &strangers {
        assert!(line(answer)["operation"].is_null());
    }
}

#[test]
fn refused_guesses_are_one_warning_for_many_and_no_error() {
    let database = Database::migrated();
    let settings = ["--metrics-listen=127.0.0.1:0", "--statement-timeout=20s", "--lock-timeout=20s"];
    let (mut service, ..) = serve(&database, &settings);
    let metrics: String = service.process.stderr.find(|line| after(line, "metrics at "));
    eventually("the keys are known", || (read(&metrics).count("uprof_api_keys_known") == 1).then_some(()));
    let locked = database.session("lock table api_keys in access exclusive mode");
    let refused = || read(&metrics).count("uprof_api_key_guesses_refused_total");
    let guess = |number| {
        let secret = ApiKeySecret::from_random([number; 32]);
        service.client.with_key(&key(secret.expose().to_owned())).get(PROFILES).send().status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..8)
            .map(|number| {
                let guess = &guess;
                scope.spawn(move || guess(number))
            })
            .collect();
        eventually("those whose turn does not come are refused", || (refused() == 6).then_some(()));
        drop(locked);
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 503).count(), 6, "{statuses:?}");
    service.process.signal(Signal::TERM);
    service.process.wait();
    let lines = service.process.stderr.to_the_end();
    let of = |level: &str| lines.iter().filter(|line| line.contains(level)).collect::<Vec<_>>();
    assert!(of("\"ERROR\"").is_empty(), "{:#?}", of("\"ERROR\""));
    let warnings = of("\"WARN\"");
    // They are refused at about the same time.
    assert!((1..6).contains(&warnings.len()) && warnings[0].contains("unknown API keys refused"), "{warnings:#?}");
}

#[test]
fn an_internal_error_is_logged_once_with_its_cause() {
    let database = Database::migrated();
    let (mut service, ..) = serve(&database, &[]);
    database.execute("alter table user_profiles add constraint never check (false) not valid");
    let answer = service.client.post(PROFILES).json(&json!({"name": MARKER}));
    assert_eq!(answer.refused(500), "Internal server error");
    service.process.signal(Signal::TERM);
    service.process.wait();
    let lines = service.process.stderr.to_the_end();
    let errors: Vec<_> = lines.iter().filter(|line| line.contains("\"ERROR\"")).collect();
    assert_eq!(errors.len(), 1, "{lines:#?}");
    assert!(
        errors[0].contains(answer.header("request-id").unwrap()) && errors[0].contains("\\\"never\\\""),
        "{}",
        errors[0]
    );
}

#[test]
fn at_debug_level_statements_are_logged_within_the_span_of_their_port_method() {
    let database = Database::migrated();
    let (mut service, _, organization) = serve(&database, &["--log=debug", "--log-format=text"]);
    let profile = service.client.create(&json!({}));
    service.client.retrieve(id(&profile));
    service.client.list("");
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.wait().code(), Some(0));
    let lines = service.process.stderr.to_the_end();
    for method in ["create", "retrieve", "list"] {
        let span = format!("profiles.{method}");
        let statement = lines.iter().find(|line| line.contains(&span) && line.contains("db.statement"));
        assert!(statement.is_some_and(|line| line.contains(&organization)), "{span} in {lines:#?}");
    }
}

#[test]
fn no_personal_data_and_no_key_is_logged_at_any_level() {
    for filter in [&[][..], &["--log=uprof=debug"], &["--log=uprof=trace"], &["--log=debug"], &["--log=trace"]] {
        let database = Database::migrated();
        let (mut service, secret, _) = serve(&database, filter);
        let (sent, token) = work(&service, &database);
        service.process.signal(Signal::TERM);
        assert_eq!(service.process.wait().code(), Some(0));
        let lines = [service.process.stderr.to_the_end(), service.process.stdout.to_the_end()].concat();
        assert!(lines.len() >= sent, "{lines:#?}");
        let random = secret.strip_prefix("uprof-key-").unwrap();
        for line in lines {
            for value in [MARKER, random, &random[..12], &token] {
                assert!(!line.to_lowercase().contains(&value.to_lowercase()), "{filter:?}: {line}");
            }
        }
    }
}

/// Requests that succeed, that fail, and that break the service, all full of values that must not be logged; answers how many, and what opens
/// an enrollment.
fn work(service: &Service, database: &Database) -> (usize, String) {
    let client = &service.client;
    let body = json!({"name": MARKER, "external_id": MARKER, "metadata": {MARKER: MARKER}});
    let profile = client.create(&body);
    let path = path(id(&profile));
    let link = client.post(&format!("{path}/enrollment_url")).send().ok()["url"].as_str().unwrap().to_owned();
    ureq::get(&link).call().unwrap();
    ureq::post(&link).content_type("application/x-www-form-urlencoded").send("").unwrap();
    let mut answers = vec![
        client.get(&path).send(),
        client.post(&path).json(&body),
        client.post(&path).json(&json!({"name": "Changed", "metadata": {MARKER: format!("{MARKER} again")}})),
        // Refused, in the field, in the key, in the value, in the text.
        client.post(PROFILES).json(&json!({"relationship": MARKER})),
        client.post(PROFILES).json(&json!({MARKER: 1})),
        client.post(PROFILES).json(&json!({"metadata": {MARKER: 1}})),
        client.post(PROFILES).json(&json!({"name": MARKER.repeat(100)})),
        client.post(PROFILES).json_text(format!("{{\"{MARKER}\"")),
        client.post(PROFILES).header("content-type", MARKER).body(MARKER).send(),
        // In the path, the query and the headers.
        client.get(&format!("{PROFILES}/{MARKER}")).send(),
        client.get(&format!("/{MARKER}")).send(),
        client.get(&format!("{PROFILES}?limit={MARKER}&page={MARKER}&{MARKER}=1")).send(),
        client.get(PROFILES).header("anthropic-beta", &format!("user-profiles-2000-01-01,{MARKER}")).send(),
        client.get(PROFILES).header("anthropic-version", MARKER).send(),
        client.get(PROFILES).header("anthropic-workspace-id", MARKER).send(),
        client.without_key().get(PROFILES).header("x-api-key", MARKER).send(),
        client.without_key().get(PROFILES).header("authorization", &format!("Bearer {MARKER}")).send(),
        client.with_key(&key(format!("uprof-key-{MARKER}"))).get(PROFILES).send(),
    ];
    // Messages of Postgres about a row quote it.
    database.execute("alter table user_profiles add constraint never check (false) not valid");
    answers.push(client.post(PROFILES).json(&body));
    answers.push(client.post(&path).json(&json!({"name": format!("{MARKER} II")})));
    // A row that breaks a rule of the service.
    database.execute(&format!(
        "alter table user_profiles drop constraint never;
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select organization_id, id, '{MARKER}' || number, '{MARKER}' from user_profiles, generate_series(1, 20) number"
    ));
    answers.push(client.get(&path).send());
    database.execute("drop table enrollments, trust_grants cascade");
    answers.push(client.get(&path).send());
    answers.push(client.delete(&path).send());
    assert!(answers.iter().filter(|answer| answer.status == 500).count() >= 3);
    (answers.len(), link.rsplit('/').next().unwrap().to_owned())
}
