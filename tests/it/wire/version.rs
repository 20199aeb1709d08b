//! The headers and parameters that choose a shape.

use serde_json::json;

use crate::support::client::{PROFILES, V1, id};
use crate::support::routes::Route;
use crate::support::{Answer, TestApp};

fn with_betas(app: &TestApp, lines: &[&str]) -> Answer {
    let client = app.client.without_beta();
    lines.iter().fold(client.get(PROFILES), |call, line| call.header("anthropic-beta", line)).send()
}

#[test]
fn a_request_that_names_no_shape_gets_the_one_of_its_organization() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Example"}));
    assert_eq!(app.client.without_beta().retrieve(id(&profile)), profile);
    assert_eq!(app.client.without_beta().create(&json!({}))["relationship"], "external");
}

#[test]
fn the_shape_is_found_in_any_line_and_at_any_place_of_it() {
    let app = TestApp::start();
    let lines: [&[&str]; 7] = [
        &[V1],
        &[&format!("  {V1}  ")],
        &[&format!("{V1},{V1}")],
        &[&format!("webhooks-2026-10-07, {V1} ,message-batches-2024-09-24")],
        &[&format!(",{V1},,")],
        &["webhooks-2026-10-07", V1],
        &[V1, "webhooks-2026-10-07", V1],
    ];
    for lines in lines {
        with_betas(&app, lines).ok();
    }
}

#[test]
fn values_of_other_features_are_accepted() {
    let app = TestApp::start();
    let foreign = [
        "webhooks-2026-10-07",
        "message-batches-2024-09-24",
        "user-profiles-billing-2026-10-01",
        "files-api-2025-04-14,user-profiles-billing-2026-10-01",
        "user-profiles",
        "user-profiles-",
        "User-Profiles-2025-01-01",
        "",
        " , ",
        "\u{1f408}",
    ];
    for value in foreign {
        with_betas(&app, &[value]).ok();
    }
}

#[test]
fn an_unknown_date_is_refused_by_its_name() {
    let app = TestApp::start();
    let refused = |lines: &[&str]| with_betas(&app, lines).refused(400).to_owned();
    let one = "Unexpected value(s) `user-profiles-2025-01-01` for the `anthropic-beta` header.";
    assert_eq!(refused(&["user-profiles-2025-01-01"]), one);
    assert_eq!(refused(&[&format!("{V1},user-profiles-2025-01-01")]), one);
    assert_eq!(
        refused(&["user-profiles-2026-3-24"]),
        "Unexpected value(s) `user-profiles-2026-3-24` for the `anthropic-beta` header."
    );
    assert_eq!(refused(&["webhooks-2026-10-07", " user-profiles-2025-01-01 "]), one);
    let two =
        "Unexpected value(s) `user-profiles-2025-01-01`, `user-profiles-9999-99-99` for the `anthropic-beta` header.";
    assert_eq!(refused(&["user-profiles-2025-01-01", &format!("user-profiles-9999-99-99,{V1}")]), two);
}

#[test]
fn an_unknown_date_is_refused_on_every_route_and_changes_nothing() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    let client = app.client.with_beta("user-profiles-2025-01-01");
    for route in Route::all() {
        route.take(&client, id(&profile)).refused(400);
    }
    assert_eq!(app.client.list("")["data"], json!([profile]));
}

#[test]
fn anthropic_version_may_be_any_date_or_absent_and_nothing_else() {
    let app = TestApp::start();
    let list = |version: Option<&str>| {
        let key = app.key.secret.as_str();
        let mut wire = crate::support::Wire::connect(app.address);
        let line = version.map(|version| format!("anthropic-version: {version}\r\n")).unwrap_or_default();
        wire.send(format!("GET {PROFILES} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n{line}\r\n"));
        wire.answer()
    };
    list(None).ok();
    for date in ["2023-06-01", "2023-01-01", "1999-12-31", "2024-02-29"] {
        list(Some(date)).ok();
    }
    let wrong = [
        "latest",
        "",
        "2023",
        "2023-6-1",
        "20230601",
        "2023-02-30",
        "2023-13-01",
        "2023-06-01T00:00:00Z",
        "2023-W22-4",
    ];
    for text in wrong {
        let message = "anthropic-version: Input should be a valid date, YYYY-MM-DD";
        assert_eq!(list(Some(text)).refused(400), message, "{text}");
    }
}

#[test]
fn the_beta_parameter_is_accepted_on_every_path_and_selects_nothing() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({"name": "Before"}));
    for query in ["beta=true", "beta=false", "beta", "beta=true&beta=true"] {
        app.client.get(&format!("{PROFILES}?{query}")).send().ok();
        app.client.get(&format!("{PROFILES}/{}?{query}", id(&profile))).send().ok();
        app.client.post(&format!("{PROFILES}/{}?{query}", id(&profile))).json(&json!({})).ok();
        let new = app.client.post(&format!("{PROFILES}?{query}")).json(&json!({})).ok();
        app.client.delete(&format!("{PROFILES}/{}?{query}", id(&new))).send().ok();
    }
}
