//! Exports as CSV.

use serde_json::{Value, json};

use crate::support::client::EXPORT;
use crate::support::page::Page;
use crate::support::{Shape, TestApp};

/// Texts that are hard on CSV, JSON or spreadsheets.
pub(super) const NASTY: [&str; 14] = [
    "=1+1",
    "+1",
    "-1",
    "@sum",
    "\tx",
    "\rx",
    "\nx",
    "'=x",
    "'x",
    "a,b",
    "a\"b\"",
    "a\r\nb",
    "\u{202e}עברית 😀\u{feff}",
    "  x  ",
];

/// The header and the rows.
fn export(app: &TestApp, shape: Shape, path: &str, accept: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut headers = vec![("x-api-key", app.key.secret.as_str()), ("anthropic-version", shape.version())];
    headers.extend(shape.beta().map(|beta| ("anthropic-beta", beta)));
    headers.push(("accept", accept));
    let page = Page::ask(&ureq::http::Method::GET, &format!("http://{}{path}", app.address), &headers);
    assert_eq!((page.status, page.header("content-type")), (200, "text/csv; charset=utf-8"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(page.text.as_bytes());
    let mut rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    (rows.next().unwrap(), rows.collect())
}

/// What a cell says, given what it should say: a text stands for itself, all else is JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn each_shape_has_its_columns_and_each_row_what_the_profile_has() {
    let app = TestApp::start();
    for text in NASTY {
        let details = json!({"reference_id": text, "email_hash": text});
        let body = json!({"name": text, "external_user_details": details, "metadata": {text: text}});
        app.client.speaking(Shape::Ga).create(&body);
    }
    app.client.create(&json!({}));
    for (shape, columns) in [
        (Shape::V1, "type,id,created_at,external_id,metadata,name,relationship,trust_grants,updated_at"),
        (
            Shape::V2,
            "type,id,access_type,created_at,external_id,external_user_onboarded_at,metadata,name,trust_grants,updated_at",
        ),
        (
            Shape::V3,
            "type,id,access_type,created_at,external_user_details.account_status,external_user_details.country,\
             external_user_details.email_hash,external_user_details.entity_type,external_user_details.name_hash,\
             external_user_details.onboarded_at,external_user_details.reference_id,metadata,name,trust_grants,updated_at",
        ),
        (
            Shape::Ga,
            "type,id,access_type,created_at,enforcement_actions,enforcement_status,external_user_details.account_status,\
             external_user_details.country,external_user_details.email_hash,external_user_details.entity_type,\
             external_user_details.name_hash,external_user_details.onboarded_at,external_user_details.reference_id,metadata,name,\
             programs.cyber,programs.efs,updated_at",
        ),
    ] {
        let (header, mut rows) = export(&app, shape, EXPORT, "text/csv");
        assert_eq!(header.join(","), columns);
        let trailer = rows.pop().unwrap();
        let mut profiles = app.client.speaking(shape).get(EXPORT).send().ok().as_array().unwrap().clone();
        profiles.pop();
        assert_eq!(rows.len(), profiles.len());
        for (row, profile) in rows.iter().zip(&profiles) {
            for (column, found) in header.iter().zip(row) {
                let value = column.split('.').fold(profile, |value, key| &value[key]);
                assert_eq!(*found, cell(value), "{column}");
            }
        }
        for (column, found) in header.iter().zip(&trailer) {
            let expected = match column.as_str() {
                "type" => "export_trailer".to_owned(),
                "metadata" => json!({"count": NASTY.len() + 1, "next_page": null}).to_string(),
                _ => String::new(),
            };
            assert_eq!(*found, expected, "{column}");
        }
    }
}

#[test]
fn the_format_is_a_parameter_or_else_what_is_accepted() {
    let app = TestApp::start();
    for (query, accept) in
        [("?format=csv", "application/x-ndjson"), ("?format=csv", "*/*"), ("", "text/csv, */*;q=0.1")]
    {
        let (header, rows) = export(&app, Shape::V1, &format!("{EXPORT}{query}"), accept);
        assert_eq!((header[0].as_str(), rows.len()), ("type", 1));
    }
    let lines = app.client.get(&format!("{EXPORT}?format=ndjson")).header("accept", "text/csv").send().ok();
    assert_eq!(lines[0]["type"], "export_trailer");
}

#[test]
fn a_part_of_an_export_as_csv_says_where_to_go_on() {
    let app = TestApp::start();
    app.client.create(&json!({"name": "One"}));
    app.client.create(&json!({"name": "Two"}));
    let (header, rows) = export(&app, Shape::V1, &format!("{EXPORT}?limit=1"), "text/csv");
    let metadata = header.iter().position(|name| name == "metadata").unwrap();
    let end: Value = serde_json::from_str(&rows[1][metadata]).unwrap();
    let path = format!("{EXPORT}?page={}", end["next_page"].as_str().unwrap());
    let (_, rest) = export(&app, Shape::V1, &path, "text/csv");
    let name = header.iter().position(|column| column == "name").unwrap();
    assert_eq!((end["count"].as_u64(), rest[0][name].as_str()), (Some(1), "Two"));
}
