//! Which of the four shapes a request gets.

use serde_json::{Value, json};
use uprof::domain::clock::{Clock, SystemClock};

use crate::support::client::{PROFILES, id, path};
use crate::support::routes::Route;
use crate::support::{Client, KeySpec, Shape, TestApp};

const DATED: [Shape; 3] = [Shape::V1, Shape::V2, Shape::V3];

/// Retrieves `profile` with these lines of `anthropic-beta`; the shape of the answer.
#[track_caller]
fn shape_for(client: &Client, profile: &Value, lines: &[String]) -> Shape {
    let client = client.without_beta();
    let call = client.get(&path(id(profile)));
    Shape::of(&lines.iter().fold(call, |call, line| call.header("anthropic-beta", line)).send().ok())
}

/// Every sequence of one to three dated shapes.
fn sequences() -> Vec<Vec<Shape>> {
    let mut sequences = Vec::new();
    for first in DATED {
        sequences.push(vec![first]);
        for second in DATED {
            sequences.push(vec![first, second]);
            sequences.extend(DATED.map(|third| vec![first, second, third]));
        }
    }
    sequences
}

/// A client of an organization that is pinned to `shape`.
fn pinned(app: &TestApp, shape: Shape) -> Client {
    let organization = app.accounts.organization(shape.label());
    app.client.with_key(&app.accounts.key(organization, KeySpec::default())).without_beta()
}

#[test]
fn the_newest_shape_wins_in_any_order_and_on_any_number_of_lines() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for sequence in sequences() {
        let newest = *sequence.iter().max().unwrap();
        let lines: Vec<_> = sequence.iter().filter_map(|shape| shape.beta()).map(str::to_owned).collect();
        assert_eq!(shape_for(&app.client, &profile, &lines), newest, "{sequence:?} on lines of their own");
        assert_eq!(shape_for(&app.client, &profile, &[lines.join(",")]), newest, "{sequence:?} on one line");
        let among_others = format!("webhooks-2026-10-07 , {} ,user-profiles-billing-2026-10-01", lines.join("\t,  "));
        assert_eq!(shape_for(&app.client, &profile, &[among_others]), newest, "{sequence:?} among others");
    }
}

#[test]
fn an_unknown_date_is_refused_beside_any_number_of_known_ones() {
    let app = TestApp::start();
    let known = DATED.map(|shape| shape.beta().unwrap()).join(",");
    for unknown in ["user-profiles-2026-03-25", "user-profiles-2026-10-21", "user-profiles-0000-00-00"] {
        let message = format!("Unexpected value(s) `{unknown}` for the `anthropic-beta` header.");
        for value in [unknown.to_owned(), format!("{known},{unknown}"), format!("{unknown}, {known}")] {
            for version in ["2023-06-01", "2026-10-21"] {
                let client = app.client.with_beta(&value).with_version(version);
                assert_eq!(client.get(PROFILES).send().refused(400), message, "{value} {version}");
            }
        }
        let two_lines = app.client.with_beta(&known).get(PROFILES).header("anthropic-beta", unknown).send();
        assert_eq!(two_lines.refused(400), message);
    }
}

#[test]
fn a_recent_anthropic_version_selects_the_shape_without_a_date() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    let dates = [
        ("2023-06-01", Shape::V1),
        ("2026-09-04", Shape::V1),
        ("2026-10-20", Shape::V1),
        ("2026-10-21", Shape::Ga),
        ("2026-10-22", Shape::Ga),
        ("2027-01-01", Shape::Ga),
        ("9999-12-31", Shape::Ga),
    ];
    for (date, shape) in dates {
        let client = app.client.with_version(date);
        assert_eq!(shape_for(&client, &profile, &[]), shape, "{date}");
        for foreign in ["webhooks-2026-10-07", "user-profiles-billing-2026-10-01", "", "user-profiles-ga"] {
            assert_eq!(shape_for(&client, &profile, &[foreign.to_owned()]), shape, "{date} {foreign}");
        }
        // A request that names a shape gets it.
        for dated in DATED {
            let line = dated.beta().unwrap().to_owned();
            assert_eq!(shape_for(&client, &profile, &[line]), dated, "{date}");
        }
    }
}

#[test]
fn an_organization_gets_the_shape_that_it_is_pinned_to_unless_it_names_another() {
    let app = TestApp::start();
    for default in Shape::ALL {
        let client = pinned(&app, default);
        let profile = client.create(&json!({}));
        assert_eq!(Shape::of(&profile), default);
        assert_eq!(Shape::of(&client.retrieve(id(&profile))), default);
        assert_eq!(Shape::of(&client.list("")["data"][0]), default);
        assert_eq!(Shape::of(&client.update(id(&profile), &json!({"name": "Renamed"}))), default);
        let foreign = "webhooks-2026-10-07,user-profiles-billing-2026-10-01".to_owned();
        assert_eq!(shape_for(&client, &profile, &[foreign]), default);
        for named in DATED {
            let line = named.beta().unwrap().to_owned();
            assert_eq!(shape_for(&client, &profile, &[line]), named, "pinned to {default:?}");
        }
        let newer = client.with_version("2026-10-21");
        assert_eq!(shape_for(&newer, &profile, &[]), Shape::Ga, "pinned to {default:?}");
    }
}

#[test]
fn the_fields_of_a_body_are_those_of_the_pinned_shape() {
    let app = TestApp::start();
    for default in Shape::ALL {
        let client = pinned(&app, default);
        let taken = crate::support::shape::body(default.reference_id(), &json!("user_1"));
        let profile = client.create(&taken);
        assert_eq!(*crate::support::shape::at(default.reference_id(), &profile), "user_1");
        let other = if default <= Shape::V2 { "external_user_details" } else { "external_id" };
        let message = format!("{other}: not accepted under {}", default.name());
        assert_eq!(client.post(PROFILES).json(&json!({other: null})).refused(400), message);
    }
}

#[test]
fn the_beta_parameter_selects_nothing_under_any_shape() {
    let app = TestApp::start();
    let profile = app.client.create(&json!({}));
    for shape in Shape::ALL {
        for client in [app.client.speaking(shape), pinned(&app, shape)] {
            for query in ["beta=true", "beta=user-profiles-2026-03-24", "beta=true&anthropic-beta=x"] {
                let page = client.list(query);
                let first = page["data"].get(0).map(Shape::of);
                assert!(first.is_none_or(|found| found == shape), "{shape:?} {query}");
                client.create(&json!({}));
            }
        }
        let read = app.client.speaking(shape).get(&format!("{}?beta=true", path(id(&profile)))).send().ok();
        assert_eq!(Shape::of(&read), shape);
    }
}

#[test]
fn every_route_answers_under_every_shape_that_has_it() {
    let app = TestApp::start();
    for shape in Shape::ALL {
        let client = app.client.speaking(shape);
        for route in Route::all() {
            if route.first.is_none_or(|first| first <= shape) {
                let profile = app.with_everything();
                route.take(&client, id(&profile)).ok();
            }
        }
    }
}

#[test]
fn the_key_is_checked_before_the_shape() {
    let app = TestApp::start();
    let expired = app.another_key(KeySpec { expires_at: Some(SystemClock.now()), ..KeySpec::default() });
    for client in [app.client.without_key(), app.client.with_key(&expired)] {
        client.with_beta("user-profiles-2025-01-01").get(PROFILES).send().refused(401);
    }
}
