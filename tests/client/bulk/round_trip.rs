//! What is exported can be imported, exactly.

use serde_json::{Value, json};

use super::directory::Directory;
use super::import::bodies;
use crate::command::at;
use crate::support::{Shape, TestApp};

/// Texts that are hard on JSON, CSV, spreadsheets or terminals.
const NASTY: [&str; 16] = [
    "=1+1",
    "+1",
    "-1",
    "@sum",
    "\tx",
    "\rx",
    "\nx",
    "'=x",
    "''",
    "a,b;c",
    "a\"b\"",
    "a\r\nb\n",
    "\u{202e}עברית 😀\u{feff}",
    "  x  ",
    "null",
    "{\"a\":1}",
];

#[test]
fn profiles_of_every_shape_and_format_come_back_as_they_were() {
    let app = TestApp::start();
    for (number, text) in NASTY.into_iter().enumerate() {
        let details = json!({"reference_id": text, "email_hash": text, "country": "DE", "entity_type": "business", "onboarded_at": "2026-01-02T03:04:05.000006Z"});
        let access_type = ["application", "passthrough"][number % 2];
        let body = json!({"name": text, "access_type": access_type, "external_user_details": details, "metadata": {text: text, "n": "1"}});
        app.client.speaking(Shape::Ga).create(&body);
    }
    app.client.create(&json!({"relationship": "internal"}));
    app.client.create(&json!({}));
    let directory = Directory::new();
    for shape in Shape::ALL {
        let expected = bodies(&app, shape);
        for ending in ["ndjson", "csv", "csv.gz"] {
            let other = TestApp::start();
            let path = directory.path(&format!("{}.{ending}", shape.label()));
            let exported = at(&app, &["export", &path, "--shape", shape.label()]).text();
            assert_eq!(exported, "");
            let said = at(&other, &["import", &path]).text();
            assert_eq!(said, format!("{0} lines: {0} created, 0 updated, 0 skipped, 0 rejected\n", expected.len()));
            assert_eq!(sorted(bodies(&other, shape)), sorted(expected.clone()), "{shape:?} {ending}");
        }
    }
}

/// In an order of their own: batches of an import are done at once.
fn sorted(mut bodies: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<_> = bodies.drain(..).map(|body| body.to_string()).collect();
    texts.sort();
    texts
}
