//! Times that callers send: when an entity signed up.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uprof::domain::clock::{Clock, SystemClock};

use crate::support::shape::{at, body};
use crate::support::{Shape, WriteRoutes};

const FIELDS: [(Shape, &str); 3] = [
    (Shape::V2, "external_user_onboarded_at"),
    (Shape::V3, "external_user_details.onboarded_at"),
    (Shape::Ga, "external_user_details.onboarded_at"),
];

fn written(moment: OffsetDateTime) -> String {
    moment.format(&Rfc3339).unwrap()
}

#[test]
fn a_time_with_any_offset_is_shown_in_utc_to_the_microsecond() {
    let times = [
        ("2026-03-15T10:00:00Z", "2026-03-15T10:00:00Z"),
        ("2026-03-15T10:00:00+00:00", "2026-03-15T10:00:00Z"),
        ("2026-03-15T10:00:00-00:00", "2026-03-15T10:00:00Z"),
        ("2026-03-15T12:00:00+02:00", "2026-03-15T10:00:00Z"),
        ("2026-03-14T22:15:00-11:45", "2026-03-15T10:00:00Z"),
        ("2026-01-01T00:30:00+14:00", "2025-12-31T10:30:00Z"),
        ("2026-03-15t10:00:00z", "2026-03-15T10:00:00Z"),
        ("2026-03-15 10:00:00Z", "2026-03-15T10:00:00Z"),
        ("2026-03-15T10:00:00.1Z", "2026-03-15T10:00:00.1Z"),
        ("2026-03-15T10:00:00.120000Z", "2026-03-15T10:00:00.12Z"),
        ("2026-03-15T10:00:00.123456Z", "2026-03-15T10:00:00.123456Z"),
        ("2026-03-15T10:00:00.1234569Z", "2026-03-15T10:00:00.123456Z"),
        ("2026-03-15T10:00:00.999999999999999999Z", "2026-03-15T10:00:00.999999Z"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("1000-01-01T00:00:00Z", "1000-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
    ];
    for (shape, field) in FIELDS {
        let routes = WriteRoutes::of(shape);
        for (sent, shown) in times {
            routes.accept(&body(field, &json!(sent)), |profile| *at(field, profile) == shown);
        }
    }
}

#[test]
fn an_incomplete_time_is_refused() {
    let incomplete = [
        "",
        "now",
        "2026-03-15",
        "2026-03-15T10:00",
        "2026-03-15T10:00Z",
        "2026-03-15T10:00:00",
        "2026-03-15T10:00:00.123",
        "2026-03-15T10:00:00.Z",
        "2026-03-15T10:00:00,5Z",
        "2026-03-15T10:00:00+0200",
        "2026-03-15T10:00:00+02",
        "2026-03-15T10:00:00+24:00",
        "2026-03-15T10:00:00+02:60",
        "2026-03-15T10:00:00 +02:00",
        "2026-03-15T10:00:00Z ",
        " 2026-03-15T10:00:00Z",
        "2026-03-15T10:00:00ZZ",
        "2026-03-15T24:00:00Z",
        "2026-03-15T10:60:00Z",
        "2026-03-15T10:00:61Z",
        "2026-02-29T10:00:00Z",
        "2026-00-15T10:00:00Z",
        "2026-13-15T10:00:00Z",
        "2026-03-00T10:00:00Z",
        "26-03-15T10:00:00Z",
        "02026-03-15T10:00:00Z",
        "+2026-03-15T10:00:00Z",
        "-0001-03-15T10:00:00Z",
        "20260315T100000Z",
        "2026-074T10:00:00Z",
        "2026-W11-7T10:00:00Z",
        "2026-03-15x10:00:00Z",
        "2026-03-15_10:00:00Z",
        "2026-03-15010:00:00Z",
        "2026-03-15\u{0}10:00:00Z",
        "２０２６-03-15T10:00:00Z",
        "1773568800",
        "Sun, 15 Mar 2026 10:00:00 GMT",
        // In UTC, a year that has no four digits.
        "0000-01-01T00:00:00+00:01",
    ];
    for (shape, field) in FIELDS {
        let routes = WriteRoutes::of(shape);
        for text in incomplete {
            let reason = "Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z";
            routes.refuse(&body(field, &json!(text)), &format!("{field}: {reason}"));
        }
        for value in [json!(1_773_568_800), json!(1.5), json!(true), json!({"seconds": 1}), json!([2026, 3, 15])] {
            routes.refuse(&body(field, &value), &format!("{field}: Input should be a valid string"));
        }
    }
}

#[test]
fn a_time_may_be_ahead_of_the_service_by_a_minute_at_the_most() {
    for (shape, field) in FIELDS {
        let routes = WriteRoutes::of(shape);
        let near = written(SystemClock.now() + Duration::seconds(30));
        routes.accept(&body(field, &json!(near)), |profile| *at(field, profile) == near);
        // The service's clock goes on while the request is under way, but not by this much.
        for ahead in [Duration::seconds(95), Duration::hours(1), Duration::days(365 * 100)] {
            let sent = body(field, &json!(written(SystemClock.now() + ahead)));
            routes.refuse(&sent, &format!("{field}: Timestamp lies in the future"));
        }
        // It is the moment that counts and not how it is written.
        let offset = time::UtcOffset::from_hms(14, 0, 0).unwrap();
        let late_in_kiribati = SystemClock.now().to_offset(offset);
        routes.accept(&body(field, &json!(written(late_in_kiribati))), |profile| {
            *at(field, profile) == written(late_in_kiribati.to_offset(time::UtcOffset::UTC))
        });
        let early_in_pago_pago =
            (SystemClock.now() + Duration::hours(2)).to_offset(time::UtcOffset::from_hms(-11, 0, 0).unwrap());
        let sent = body(field, &json!(written(early_in_pago_pago)));
        routes.refuse(&sent, &format!("{field}: Timestamp lies in the future"));
        let latest = body(field, &json!("9999-12-31T23:59:59Z"));
        routes.refuse(&latest, &format!("{field}: Timestamp lies in the future"));
    }
}

#[test]
fn a_leap_second_is_accepted_and_shown_as_a_valid_time() {
    for (shape, field) in FIELDS {
        let routes = WriteRoutes::of(shape);
        routes.accept(&body(field, &json!("2016-12-31T23:59:60Z")), |profile| {
            let shown: &Value = at(field, profile);
            shown == "2016-12-31T23:59:59.999999Z"
        });
    }
}
