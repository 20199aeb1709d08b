//! A client that follows the list upwards while others write sees every event.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::support::client::id;
use crate::support::threads::concurrently;
use crate::support::{Client, TestApp};

/// A client of the operator's that reads the list of events, oldest first.
struct Follower {
    operator: Client,
    query: String,
    /// The cursor of the page that it reads next.
    page: Option<String>,
    seen: BTreeSet<String>,
}

impl Follower {
    fn new(operator: &Client, query: &str) -> Self {
        Self { operator: operator.clone(), query: format!("order=asc&{query}"), page: None, seen: BTreeSet::new() }
    }

    /// Reads until there is no next page, which it would read again later: that is how a client waits for more.
    fn catch_up(&mut self) {
        loop {
            let cursor = self.page.as_ref().map(|page| format!("&page={page}")).unwrap_or_default();
            let page = self.operator.get(&format!("/v1/organizations/events?{}{cursor}", self.query)).send().ok();
            self.seen.extend(page["data"].as_array().unwrap().iter().map(event_id));
            let Some(next) = page["next_page"].as_str() else { return };
            self.page = Some(next.to_owned());
        }
    }
}

fn event_id(event: &Value) -> String {
    event["id"].as_str().unwrap().to_owned()
}

/// The ids of all events in the database.
fn stored(app: &TestApp) -> BTreeSet<String> {
    let mut all = Follower::new(&app.operator(), "limit=100");
    all.catch_up();
    let events = usize::try_from(app.database.count("events")).unwrap();
    assert_eq!(all.seen.len(), events);
    all.seen
}

/// Inserts an event with the id `id`, as a process whose clock is far behind.
fn insert(app: &TestApp, id: &str) -> String {
    let organization = app.key.organization.uuid();
    format!(
        "insert into events (organization_id, id, created_at, kind, profile_id)
         values ('{organization}', '{id}', now(), 'user_profile.created', '{id}')"
    )
}

#[test]
fn an_event_that_commits_after_later_ones_is_seen() {
    let app = TestApp::start();
    let mut follower = Follower::new(&app.operator(), "limit=2");
    let seed: Vec<_> = (0..5).map(|_| app.client.create(&json!({}))).collect();
    follower.catch_up();
    assert_eq!(follower.seen.len(), 5);
    let late = app.database.session(&insert(&app, "01900000-0000-7000-8000-000000000001"));
    for _ in 0..3 {
        app.client.create(&json!({}));
        app.client.update(id(&seed[0]), &json!({"name": format!("{}", follower.seen.len())}));
        follower.catch_up();
    }
    late.commit();
    app.client.create(&json!({}));
    follower.catch_up();
    assert_eq!(follower.seen, stored(&app));
}

#[test]
fn an_event_whose_transaction_is_rolled_back_holds_up_no_other() {
    let app = TestApp::start();
    let mut follower = Follower::new(&app.operator(), "limit=2");
    drop(app.database.session(&insert(&app, "01900000-0000-7000-8000-000000000001")));
    for _ in 0..5 {
        app.client.create(&json!({}));
    }
    follower.catch_up();
    assert_eq!((follower.seen.len(), follower.seen), (5, stored(&app)));
    assert_eq!(app.metrics().count("uprof_events_held_back_seconds"), 0);
}

#[test]
fn a_follower_with_a_filter_sees_all_that_match() {
    let app = TestApp::start();
    let operator = app.operator();
    let profile = app.client.create(&json!({}));
    let since = profile["created_at"].as_str().unwrap();
    let queries = [
        format!("limit=2&user_profile_id={}", id(&profile)),
        "limit=1&type=user_profile.updated&type=user_profile.erased".to_owned(),
        "limit=1&type=user_profile.erased".to_owned(),
        format!("limit=1&starting_at={since}&ending_at=2999-01-01T00:00:00Z"),
    ];
    let mut followers: Vec<_> = queries.iter().map(|query| Follower::new(&operator, query)).collect();
    for round in 0..4 {
        for follower in &mut followers {
            follower.catch_up();
        }
        let other = app.client.create(&json!({}));
        app.client.update(id(&profile), &json!({"name": format!("{round}")}));
        app.client.delete(&format!("/v1/user_profiles/{}", id(&other))).send().ok();
    }
    for follower in &mut followers {
        follower.catch_up();
    }
    let seen: Vec<_> = followers.iter().map(|follower| follower.seen.len()).collect();
    // Of the profile: created, 4 updates. Of those kinds: 4 updates, 4 erasures. All: 1 + 4 × 3.
    assert_eq!(seen, [5, 8, 4, 13]);
}

#[test]
fn nothing_is_missed_while_two_services_write() {
    let app = TestApp::start();
    let (client, replica) = app.another_replica();
    let operator = app.operator();
    let profiles: Vec<_> = (0..2).map(|_| app.client.create(&json!({}))).collect();
    let clients = [&app.client, &client];
    let writes = |writer: &usize| {
        for round in 0..120 {
            let client = clients[writer % 2];
            match writer % 3 {
                0 => _ = client.update(id(&profiles[writer % 2]), &json!({"name": format!("{writer} {round}")})),
                _ => _ = client.create(&json!({})),
            }
        }
    };
    let is_over = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let followers = [3, 10].map(|limit| {
            let mut follower = Follower::new(&operator, &format!("limit={limit}"));
            let is_over = &is_over;
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    follower.catch_up();
                }
                follower.catch_up();
                follower.seen
            })
        });
        concurrently(&[0, 1, 2, 3, 4, 5, 6, 7], writes);
        is_over.store(true, Ordering::Relaxed);
        followers.map(|follower| follower.join().unwrap())
    });
    let stored = stored(&app);
    for seen in seen {
        let missed = stored.difference(&seen).count();
        assert_eq!((missed, seen.len()), (0, stored.len()));
    }
    drop(replica);
}

#[test]
fn events_of_before_positions_are_followed_by_id_and_then_by_position() {
    let app = TestApp::start();
    for number in 1..=5 {
        let event = insert(&app, &format!("01900000-0000-7000-8000-00000000000{number}"));
        let event = event.replace("profile_id)", "profile_id, position)").replace("')", "', 0)");
        app.database.seed(&event);
    }
    let mut follower = Follower::new(&app.operator(), "limit=2");
    for seen in [5, 6, 7] {
        follower.catch_up();
        assert_eq!(follower.seen.len(), seen);
        app.client.create(&json!({}));
    }
}
