//! Authentication: which keys are accepted.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use uprof::domain::clock::{Clock, SystemClock};
use uprof::domain::credential::api_key::Scope;
use uprof::domain::label::EnumLabel;

use crate::support::client::{PROFILES, id, path};
use crate::support::routes::Route;
use crate::support::{Answer, Client, Key, KeySpec, TestApp};

const NO_KEY: &str = "`x-api-key` or `authorization: Bearer` header is required";
const INVALID: &str = "Invalid API key";

/// Lists with these headers as the only credential.
fn show(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let client = app.client.without_key();
    headers.iter().fold(client.get(PROFILES), |call, (name, value)| call.header(name, value)).send()
}

fn key_with(app: &TestApp, scopes: &[Scope]) -> Client {
    app.client.with_key(&app.another_key(KeySpec { scopes: scopes.to_vec(), ..KeySpec::default() }))
}

#[test]
fn no_route_is_open_to_a_caller_without_a_key() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for route in Route::all() {
        let answer = route.take(&app.client.without_key(), id(&profile));
        assert_eq!(answer.refused(401), NO_KEY, "{} {}", route.method, route.path);
    }
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn a_key_may_come_in_either_header_or_in_both() {
    let app = TestApp::start();
    let key = app.key.secret.as_str();
    show(&app, &[("x-api-key", key)]).ok();
    for scheme in ["Bearer", "bearer", "BEARER"] {
        show(&app, &[("authorization", &format!("{scheme} {key}"))]).ok();
        show(&app, &[("authorization", &format!("{scheme}  {key}"))]).ok();
        show(&app, &[("x-api-key", key), ("authorization", &format!("{scheme} {key}"))]).ok();
    }
    show(&app, &[("x-api-key", key), ("x-api-key", key)]).ok();
}

#[test]
fn two_different_keys_are_refused_even_if_both_are_good() {
    let app = TestApp::start();
    let (one, other) = (&app.key.secret, &app.another_key(KeySpec::default()).secret);
    let different = "`x-api-key` and `authorization` carry different keys";
    assert_eq!(
        show(&app, &[("x-api-key", one), ("authorization", &format!("Bearer {other}"))]).refused(401),
        different
    );
    show(&app, &[("x-api-key", one), ("x-api-key", other)]).refused(401);
    show(&app, &[("authorization", &format!("Bearer {one}")), ("authorization", &format!("Bearer {other}"))])
        .refused(401);
    show(&app, &[("x-api-key", one), ("authorization", "Bearer nonsense")]).refused(401);
    show(&app, &[("x-api-key", one), ("authorization", "Basic dXNlcjpwYXNz")]).refused(401);
}

#[test]
fn a_malformed_key_is_refused() {
    let app = TestApp::start();
    let key = app.key.secret.as_str();
    let swapped = format!("{}{}", &key[..key.len() - 2], key[key.len() - 2..].chars().rev().collect::<String>());
    let other_case = key.replacen("uprof-key-", "UPROF-KEY-", 1);
    let texts =
        ["", " ", "x", "uprof-key-", &key[..key.len() - 1], &format!("{key}0"), &other_case, &"0".repeat(5_000)];
    for text in texts {
        assert_eq!(show(&app, &[("x-api-key", text)]).refused(401), INVALID, "{text:.80}");
        show(&app, &[("authorization", &format!("Bearer {text}"))]).refused(401);
    }
    // Two characters of the checksum that are equal are no typing error.
    if swapped != key {
        assert_eq!(show(&app, &[("x-api-key", &swapped)]).refused(401), INVALID);
    }
    for header in [key, &format!("Bearer{key}"), &format!("Token {key}"), "Bearer", ""] {
        assert_eq!(show(&app, &[("authorization", header)]).refused(401), INVALID, "{header}");
    }
}

#[test]
fn a_typing_error_at_any_place_is_refused() {
    let app = TestApp::start();
    let key = &app.key.secret;
    for at in 0..key.len() {
        let mut typed = key.clone();
        typed.replace_range(at..=at, if key.as_bytes()[at] == b'0' { "1" } else { "0" });
        assert_eq!(show(&app, &[("x-api-key", &typed)]).refused(401), INVALID, "{at}");
    }
}

#[test]
fn a_well_formed_unknown_key_is_refused() {
    let (app, elsewhere) = (TestApp::start(), TestApp::start());
    assert_eq!(app.client.with_key(&elsewhere.key).get(PROFILES).send().refused(401), INVALID);
}

#[test]
fn an_expired_key_is_refused_and_one_that_is_yet_to_expire_is_not() {
    let app = TestApp::start();
    let list = |expires_in: Duration, sign: i32| {
        let expires_at = Some(SystemClock.now() + expires_in * u32::from(sign > 0) - expires_in * u32::from(sign < 0));
        app.client.with_key(&app.another_key(KeySpec { expires_at, ..KeySpec::default() })).get(PROFILES).send()
    };
    list(Duration::from_mins(1), 1).ok();
    assert_eq!(list(Duration::from_millis(1), -1).refused(401), INVALID);
    assert_eq!(list(Duration::from_hours(24 * 365), -1).refused(401), INVALID);
}

#[test]
fn a_key_that_the_service_knows_already_expires_on_time() {
    let app = TestApp::start();
    let lifetime = Duration::from_millis(300);
    let expires_at = SystemClock.now() + lifetime;
    let key = app.another_key(KeySpec { expires_at: Some(expires_at), ..KeySpec::default() });
    let client = app.client.with_key(&key);
    // However slow this machine is: before its time the key works, after it does not.
    while SystemClock.now() < expires_at {
        let answer = client.get(PROFILES).send();
        assert!(answer.status == 200 || SystemClock.now() >= expires_at, "{}", answer.body);
    }
    assert_eq!(client.get(PROFILES).send().refused(401), INVALID);
}

#[test]
fn a_revoked_key_is_refused_from_five_seconds_on() {
    let app = TestApp::start();
    let key = app.another_key(KeySpec::default());
    let client = app.client.with_key(&key);
    client.get(PROFILES).send().ok();
    app.accounts.revoke(&key);
    let revoked = Instant::now();
    // Nothing is ever sent: this only waits.
    let (_sender, silence) = mpsc::channel::<()>();
    let refused = loop {
        let last_chance = revoked.elapsed() >= Duration::from_secs(5);
        let answer = client.get(PROFILES).send();
        if last_chance || answer.status != 200 {
            break answer;
        }
        let _ = silence.recv_timeout(Duration::from_millis(250));
    };
    assert_eq!(refused.refused(401), INVALID);
    assert_eq!(client.get(PROFILES).send().refused(401), INVALID);
    app.client.list("");
}

#[test]
fn a_key_permits_what_its_scopes_name_and_nothing_else() {
    let app = TestApp::start();
    let scopes = [Scope::ProfilesRead, Scope::ProfilesWrite, Scope::Admin];
    for held in scopes {
        let client = key_with(&app, &[held]);
        for route in Route::all() {
            let profile = app.with_everything();
            let answer = route.take(&client, id(&profile));
            if held == route.scope {
                answer.ok();
            } else {
                let expected = format!("API key lacks the scope `{}`", route.scope.as_str());
                assert_eq!(answer.refused(403), expected, "{} {}", route.method, route.path);
                assert_eq!(app.client.retrieve(id(&profile)), profile);
            }
        }
    }
    for route in Route::all() {
        let profile = app.with_everything();
        route.take(&key_with(&app, &[]), id(&profile)).refused(403);
        route.take(&key_with(&app, &scopes), id(&profile)).ok();
    }
}

#[test]
fn a_key_without_the_scope_does_not_learn_what_exists() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let writer = key_with(&app, &[Scope::ProfilesWrite]);
    let never_there = "uprof_01AAAAAAAAAAAAAAAAAAAAAA";
    let messages = [id(&profile), never_there].map(|id| writer.get(&path(id)).send().refused(403).to_owned());
    assert_eq!(messages[0], messages[1]);
    // Nor whether the body of a request that it may not send is a good one.
    let reader = key_with(&app, &[Scope::ProfilesRead]);
    reader.post(PROFILES).json(&json!({"name": 1})).refused(403);
}

#[test]
fn a_key_that_is_bound_to_a_workspace_serves_no_other() {
    let app = TestApp::start();
    let bound = app.another_key(KeySpec { workspace: Some("wrkspc_01"), ..KeySpec::default() });
    let list = |key: &Key, workspaces: &[&str]| {
        let client = app.client.with_key(key);
        let call = client.get(PROFILES);
        workspaces.iter().fold(call, |call, workspace| call.header("anthropic-workspace-id", workspace)).send()
    };
    list(&bound, &[]).ok();
    list(&bound, &["wrkspc_01"]).ok();
    for others in [&["wrkspc_02"][..], &[""], &["WRKSPC_01"], &["wrkspc_01", "wrkspc_02"], &["wrkspc_01,wrkspc_02"]] {
        let message = "anthropic-workspace-id: API key belongs to another workspace";
        assert_eq!(list(&bound, others).refused(403), message, "{others:?}");
    }
    // A key that is not bound serves all.
    list(&app.key, &["wrkspc_02"]).ok();
}
