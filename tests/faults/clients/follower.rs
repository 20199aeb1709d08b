//! A client that follows the list of events while others write.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::clients::client::Client;
use crate::clients::http::Request;
use crate::clients::worker::text;
use crate::faults::pause;

/// The kind of an event, and the profile that changed.
pub(crate) type Events = BTreeMap<String, (String, String)>;

/// Follows until everything `is_written`, and then to the end. Answers the events by id.
pub(crate) fn follow(client: &mut Client, is_written: &AtomicBool) -> Events {
    let mut events = Events::new();
    let mut cursor = String::new();
    loop {
        // Read before the page: what is written until now is on it or on a later one.
        let is_last = is_written.load(Ordering::SeqCst);
        let answer = client.settle(&Request::get(format!("/v1/organizations/events?order=asc&limit=100{cursor}")));
        add(&mut events, answer["data"].as_array().unwrap());
        match answer["next_page"].as_str() {
            Some(next) => cursor = format!("&page={next}"),
            None if is_last => return events,
            None => pause(20),
        }
    }
}

/// All events, newest first, as the list shows them afterwards.
pub(crate) fn all(client: &mut Client) -> Events {
    let mut events = Events::new();
    add(&mut events, &client.pages("/v1/organizations/events?order=desc&limit=100"));
    events
}

fn add(events: &mut Events, data: &[Value]) {
    for event in data {
        events.insert(text(&event["id"]), (text(&event["data"]["type"]), text(&event["data"]["id"])));
    }
}
