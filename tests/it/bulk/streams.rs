//! Large exports, and their bytes as they arrive.

use serde_json::Value;

use crate::support::client::EXPORT;
use crate::support::{TestApp, Wire};

/// More than the sockets between client and service hold, when each has [`LARGE`] bytes.
pub(super) const MANY: usize = 3_000;

/// The bytes of the metadata of a seeded profile.
const LARGE: usize = 16 * 500;

/// Adds `count` profiles to the organization, with `pairs` of metadata, each of 500 bytes; without their events.
pub(super) fn seed(app: &TestApp, count: usize, pairs: usize) {
    let organization = app.key.organization.uuid();
    app.database.seed(&format!(
        "set session_replication_role = replica;
         create temporary table seed as
         select number, (lpad(to_hex(1770000000000 + number * 1000), 12, '0') || '70008000' || lpad(to_hex(number), 12, '0'))::uuid as id,
                timestamptz '2026-02-02 02:40:00Z' + number * interval '1 second' as created_at
           from generate_series(1, {count}) as number;
         insert into user_profiles (organization_id, id, created_at, updated_at, name, relationship, reference_id)
         select '{organization}', id, created_at, created_at, 'Name ' || number, 'external', 'user_' || number from seed;
         insert into user_profile_metadata (organization_id, profile_id, key, value)
         select '{organization}', id, 'key' || pair, repeat('x', 500) from seed cross join generate_series(1, {pairs}) as pair;"
    ));
}

/// A service with profiles that are too many and too large for the sockets.
pub(super) fn with_many(settings: &[&str]) -> TestApp {
    let app = TestApp::with(settings);
    seed(&app, MANY, LARGE / 500);
    app
}

/// Asks for an export, of which nothing has been read.
pub(super) fn begin(app: &TestApp) -> Wire {
    begin_with(app, &app.key.secret)
}

pub(super) fn begin_with(app: &TestApp, key: &str) -> Wire {
    let mut wire = Wire::connect(app.address);
    wire.send(format!("GET {EXPORT} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n\r\n"));
    wire
}

/// The text of a chunked body, and whether it is complete.
pub(super) fn dechunked(mut bytes: &[u8]) -> (String, bool) {
    let mut text = Vec::new();
    while let Some(end) = bytes.windows(2).position(|pair| pair == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return (String::from_utf8(text).unwrap(), true);
        }
        let rest = &bytes[end + 2..];
        text.extend_from_slice(&rest[..length.min(rest.len())]);
        if rest.len() < length + 2 {
            break;
        }
        bytes = &rest[length + 2..];
    }
    // What was cut may end within a character.
    (String::from_utf8_lossy(&text).into_owned(), false)
}

/// The whole lines of an export.
pub(super) fn lines(text: &str) -> Vec<Value> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
