//! Events and webhook deliveries are deleted when they are past their retention. These tests call the repository, as a service does every minute.

use serde_json::json;
use time::Duration;
use uprof::domain::clock::{Clock, SystemClock, Timestamp};
use uprof::domain::repository::RetentionRepository;
use uprof::storage::{PgRetention, Pool, PoolSettings};
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::client::id;
use crate::support::database::runtime;

/// The time before which rows are deleted, in days before now.
const DAYS: i64 = 10;

/// The tables that retention deletes from.
const TABLES: [&str; 4] = ["events", "user_profile_before_images", "webhook_deliveries", "webhook_attempts"];

/// How many events, and deliveries, one transaction of each kind deletes.
fn delete(app: &TestApp) -> [usize; 2] {
    with_retention(app, async |retention, before| {
        [retention.delete_events(before).await.unwrap(), retention.delete_deliveries(before).await.unwrap()]
    })
}

/// How many deliveries one transaction deletes.
fn delete_deliveries(app: &TestApp) -> usize {
    with_retention(app, async |retention, before| retention.delete_deliveries(before).await.unwrap())
}

fn with_retention<T>(app: &TestApp, delete: impl AsyncFnOnce(PgRetention, Timestamp) -> T) -> T {
    let url = app.database.url();
    runtime().block_on(async {
        let pool = Pool::new(&PoolSettings::for_one(url)).unwrap();
        let deleted = delete(PgRetention::new(pool.clone()), SystemClock.now() - Duration::days(DAYS)).await;
        pool.close().await;
        deleted
    })
}

fn counts(app: &TestApp) -> [i64; 4] {
    TABLES.map(|table| app.database.count(table))
}

/// Adds `count` events of `organization` that are `days` old, each with the values before it.
fn add_events(app: &TestApp, organization: Uuid, days: i64, count: i64) {
    app.database.seed(&format!(
        "with added as (
             select ((extract(epoch from now() - interval '{days} days') * 1000)::bigint + number) as milliseconds, number
               from generate_series(1, {count}) number
         ), identified as (
             select (lpad(to_hex(milliseconds), 12, '0') || '70008000' || lpad(to_hex(number), 12, '0'))::uuid as id,
                    to_timestamp(milliseconds / 1000.0) as created_at,
                    number
               from added
         ), images as (
             insert into user_profile_before_images (organization_id, profile_id, revision, relationship, metadata)
             select '{organization}', id, 2, 'external', '{{}}' from identified
         )
         insert into events (organization_id, id, created_at, kind, profile_id, fields, revision)
         select '{organization}', id, created_at, 'user_profile.updated', id, '{{name}}', 2 from identified"
    ));
}

/// Adds a delivery for each event to an endpoint of its own in each state, with an attempt. None is due, so that the service leaves them alone.
fn add_deliveries(app: &TestApp, organization: Uuid, states: &[(&str, &str)]) {
    for (endpoint, state) in states {
        app.database.seed(&format!(
            "with endpoint as (
                 insert into webhook_endpoints (organization_id, id, created_at, updated_at, url, name, description, enabled_events, state,
                        disabled_reason, signing_secret)
                 values ('{organization}', gen_random_uuid(), now(), now(), 'https://webhooks.invalid', '', '',
                        '{{user_profile.program_status_updated}}', '{endpoint}', '', sha256(''))
                 returning id
             )
             select id from endpoint"
        ));
        app.database.seed(&format!(
            "insert into webhook_deliveries (organization_id, endpoint_id, event_id, created_at, version, state, due_at, tried_until)
             select e.organization_id, w.id, e.id, e.created_at, 'ga', '{state}', 'infinity', 'infinity'
               from events e
               join webhook_endpoints w on w.organization_id = e.organization_id
              where e.organization_id = '{organization}'
                and not exists (select from webhook_deliveries d where d.organization_id = w.organization_id and d.endpoint_id = w.id)"
        ));
    }
    app.database.seed(
        "insert into webhook_attempts (organization_id, endpoint_id, event_id, number, started_at, took_ms, status)
         select organization_id, endpoint_id, event_id, 1, now(), 1, 200 from webhook_deliveries
         on conflict do nothing",
    );
}

#[test]
fn old_events_go_with_their_values_a_hundred_of_each_organization_at_a_time_and_later_ones_stay() {
    let app = TestApp::start();
    let another = app.another_organization();
    add_events(&app, app.key.organization.uuid(), DAYS + 1, 250);
    add_events(&app, another.uuid(), DAYS + 1, 5);
    add_events(&app, app.key.organization.uuid(), DAYS - 1, 3);
    let created = app.client.create(&json!({}));
    let mut deleted = Vec::new();
    for _ in 0..4 {
        deleted.push(delete(&app)[0]);
    }
    assert_eq!(deleted, [105, 100, 50, 0]);
    assert_eq!(counts(&app), [4, 3, 0, 0]);
    let events = app.operator().get("/v1/organizations/events?order=asc").send().ok();
    assert_eq!(events["data"].as_array().unwrap().len(), 4);
    assert_eq!(app.client.retrieve(id(&created)), created);
}

#[test]
fn deliveries_that_have_ended_go_with_their_attempts_and_pending_ones_stay_with_their_events() {
    let app = TestApp::start();
    let organization = app.key.organization.uuid();
    add_events(&app, organization, DAYS + 1, 2);
    add_deliveries(&app, organization, &[("disabled", "delivered"), ("enabled", "failed"), ("enabled", "pending")]);
    add_events(&app, organization, DAYS + 2, 1);
    assert_eq!(counts(&app), [3, 3, 6, 6]);
    assert_eq!(delete(&app), [1, 4]);
    assert_eq!(counts(&app), [2, 2, 2, 2]);
    assert_eq!(delete(&app), [0, 0]);
    app.database.seed("update webhook_deliveries set state = 'failed'");
    assert_eq!(delete(&app), [2, 0]);
    assert_eq!(counts(&app), [0, 0, 0, 0]);
}

#[test]
fn what_waits_for_a_disabled_endpoint_keeps_neither_its_deliveries_nor_its_events() {
    let app = TestApp::start();
    let organization = app.key.organization.uuid();
    add_events(&app, organization, DAYS + 1, 2);
    add_deliveries(&app, organization, &[("disabled", "pending")]);
    let another = app.another_organization().uuid();
    add_events(&app, another, DAYS - 1, 1);
    add_deliveries(&app, another, &[("disabled", "pending")]);
    assert_eq!(counts(&app), [3, 3, 3, 3]);
    // Its events take their deliveries along, of which none is left to be deleted by itself.
    assert_eq!(delete(&app), [2, 0]);
    assert_eq!(counts(&app), [1, 1, 1, 1]);
}

#[test]
fn a_pending_delivery_goes_past_its_retention_once_its_endpoint_is_disabled() {
    let app = TestApp::start();
    add_events(&app, app.key.organization.uuid(), DAYS + 1, 2);
    add_deliveries(&app, app.key.organization.uuid(), &[("enabled", "pending")]);
    assert_eq!(delete(&app), [0, 0]);
    app.database.seed("update webhook_endpoints set state = 'disabled'");
    assert_eq!(delete_deliveries(&app), 2);
    assert_eq!(counts(&app), [2, 2, 0, 0]);
}

#[test]
fn rows_that_others_have_locked_are_left_to_the_next_time() {
    let app = TestApp::start();
    add_events(&app, app.key.organization.uuid(), DAYS + 1, 3);
    let locked = app.database.session("select from events order by id limit 1 for update");
    assert_eq!(delete(&app)[0], 2);
    drop(locked);
    assert_eq!(delete(&app)[0], 1);
}
