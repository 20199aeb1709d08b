//! The comparison at the end, when everything runs again: what is there against what every worker knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::clients::client::Client;
use crate::clients::follower::Events;
use crate::clients::model::ExpectedEvents;
use crate::clients::worker::{Worker, text};
use crate::findings::{Broken, Findings};
use crate::support::client::PROFILES;

/// Compares the list with what the workers of one organization know. Answers the ids of profiles whose creation had an unknown
/// outcome, and which are there.
pub(crate) fn profiles(client: &mut Client, workers: &mut [Worker], shared: &[String]) -> BTreeSet<String> {
    let findings = client.findings;
    let (mut by_id, mut external_ids) = (BTreeMap::new(), BTreeSet::new());
    for profile in client.pages(&format!("{PROFILES}?limit=100")) {
        let external_id = profile["external_id"].as_str().unwrap_or_default().to_owned();
        if !external_id.is_empty() && !external_ids.insert(external_id.clone()) {
            findings.broken(Broken::Doubled, format!("{external_id} was created twice"));
        }
        if by_id.insert(text(&profile["id"]), profile).is_some() {
            findings.broken(Broken::Doubled, format!("{external_id} is in the list twice"));
        }
    }
    let mut maybe_created = BTreeSet::new();
    for worker in workers.iter_mut() {
        compare(worker, &mut by_id, findings);
        maybe_created.extend(worker.ledger.maybe_created.iter().cloned());
    }
    for id in shared {
        by_id.remove(id);
    }
    let mut unexpected = BTreeSet::new();
    for (id, profile) in by_id {
        if maybe_created.contains(profile["external_id"].as_str().unwrap_or_default()) {
            findings.count("creates with an unknown outcome that were done");
        } else {
            findings.broken(Broken::Wrong, format!("{profile} was answered as failed, or erased, and is there"));
        }
        unexpected.insert(id);
    }
    unexpected
}

/// Removes from `by_id` what the worker wrote.
fn compare(worker: &mut Worker, by_id: &mut BTreeMap<String, Value>, findings: &Findings) {
    for place in 0..worker.own.len() {
        match by_id.remove(&worker.own[place].id) {
            Some(profile) => worker.compare(place, &profile, "final list"),
            None => {
                findings.broken(Broken::Lost, format!("{}: {}", worker.own[place].id, worker.own[place].trail.show()));
            }
        }
        findings.count("profiles compared at the end");
    }
    for place in 0..worker.shared.len() {
        match by_id.get(&worker.shared[place].id).cloned() {
            Some(profile) => worker.compare_shared(place, &profile, "final list"),
            None => findings.broken(Broken::Lost, worker.shared[place].id.clone()),
        }
    }
}

/// Compares the events with the changes one to one, and with what the follower saw.
pub(crate) fn events(
    all: &Events,
    followed: &Events,
    expected: &BTreeMap<String, ExpectedEvents>,
    findings: &Findings,
) {
    for id in all.keys().filter(|id| !followed.contains_key(*id)) {
        findings.broken(Broken::Lost, format!("the follower missed {id} {:?}", all[id]));
    }
    for id in followed.keys().filter(|id| !all.contains_key(*id)) {
        findings.broken(Broken::Wrong, format!("the follower saw {id} {:?}, which is no event", followed[id]));
    }
    let mut counted: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for (kind, profile) in all.values() {
        *counted.entry(profile).or_default().entry(kind).or_default() += 1;
    }
    findings.add("events compared with changes", all.len() as u64);
    for (id, expected) in expected {
        let counts = counted.remove(id.as_str()).unwrap_or_default();
        let count = |kind: &str| counts.get(kind).copied().unwrap_or_default();
        let ranges = [
            ("user_profile.created", 1, 1),
            ("user_profile.updated", expected.updated.least, expected.updated.most),
            ("user_profile.program_status_updated", expected.decided.least, expected.decided.most),
            ("user_profile.erased", u64::from(expected.is_erased), u64::from(expected.is_erased)),
        ];
        for (kind, least, most) in ranges {
            let how = match count(kind) {
                fewer if fewer < least => Broken::Lost,
                more if more > most => Broken::Doubled,
                _ => continue,
            };
            findings.broken(how, format!("{id} has {} events {kind}, expected {least} to {most}", count(kind)));
        }
    }
    for (id, counts) in counted {
        findings.broken(Broken::Wrong, format!("{id} has the events {counts:?}, and nothing was done to it"));
    }
}

fn decisions(events: &Events) -> BTreeSet<&String> {
    let decisions = events.iter().filter(|(_, (kind, _))| kind == "user_profile.program_status_updated");
    decisions.map(|(id, _)| id).collect()
}

/// Whether nothing has to be delivered any more.
pub(crate) fn all_delivered(all: &Events, delivered: &BTreeSet<String>) -> bool {
    decisions(all).into_iter().all(|id| delivered.contains(id))
}

/// Every decision must have reached the webhook.
pub(crate) fn deliveries(all: &Events, delivered: &BTreeSet<String>, findings: &Findings) {
    let decisions = decisions(all);
    findings.add("decisions compared with webhooks", decisions.len() as u64);
    for id in decisions.iter().filter(|id| !delivered.contains(**id)) {
        findings.broken(Broken::Lost, format!("the decision {id} did not reach its webhook"));
    }
    for id in delivered.iter().filter(|id| !decisions.contains(id)) {
        findings.broken(Broken::Wrong, format!("the webhook received {id}, which is no event"));
    }
}
