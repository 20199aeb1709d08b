//! A neighbor with a valid key: floods lists and creates, repeats keys, and erases profiles on which much depends.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::clients::http::{Connections, Request};
use crate::faults::pause;
use crate::findings::Findings;
use crate::seeded::Seeded;
use crate::support::client::{PROFILES, path};

/// How many connections it has.
pub(crate) const CONNECTIONS: usize = 8;

/// Runs on one connection until `is_over`. `kind` numbers the connections. It floods until `is_slower`, and then leaves the machine
/// to the workers for most of the time.
pub(crate) fn run(
    kind: usize,
    mut connections: Connections,
    is_slower: &AtomicBool,
    is_over: &AtomicBool,
    findings: &Findings,
) {
    let mut random = Seeded::new(7, kind as u64);
    let mut number = 0_u64;
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        if is_slower.load(Ordering::SeqCst) {
            pause(50);
        }
        match kind % 4 {
            0 => send(&mut connections, &mut random, findings, &Request::get(format!("{PROFILES}?limit=100"))),
            1 => {
                let body =
                    json!({"name": "x".repeat(200), "metadata": {"a": "y".repeat(200), "b": number.to_string()}});
                send(&mut connections, &mut random, findings, &Request::post(PROFILES.to_owned(), body));
            }
            2 => {
                let request = Request::post(PROFILES.to_owned(), json!({"name": "Again"}));
                send(&mut connections, &mut random, findings, &request.keyed("always the same".to_owned()));
            }
            _ => erase_heavy(&mut connections, &mut random, findings, number),
        }
    }
}

/// A profile with 40 open enforcement actions and 200 stored answers, erased.
fn erase_heavy(connections: &mut Connections, random: &mut Seeded, findings: &Findings, number: u64) {
    let create = Request::post(PROFILES.to_owned(), json!({"name": "Heavy"}));
    let outcome = connections.send(random.below(connections.replicas()), &create);
    let Some(id) = outcome.success().and_then(|profile| profile["id"].as_str()) else { return };
    let action = json!({"type": "ban", "reason": "account_compromise", "actor": "campaign"});
    for _ in 0..40 {
        send(
            connections,
            random,
            findings,
            &Request::post(format!("{}/enforcement_actions", path(id)), action.clone()),
        );
    }
    for update in 0..200 {
        let request = Request::post(path(id), json!({"name": "Heavy"}));
        send(connections, random, findings, &request.keyed(format!("heavy-{number}-{update}")));
    }
    send(connections, random, findings, &Request::delete(path(id)));
}

fn send(connections: &mut Connections, random: &mut Seeded, findings: &Findings, request: &Request) {
    let _ = connections.send(random.below(connections.replicas()), request);
    findings.count("requests of the neighbor");
}
