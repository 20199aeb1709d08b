//! Kills: what was acknowledged is there again, whole, after the next start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use ureq::Agent;

use crate::postgres::postmaster;
use crate::process::Service;
use crate::scratch::{PATIENCE, Scratch, eventually};
use crate::support::client::{Client, PROFILES};

const WRITERS: usize = 4;
const ROUNDS: usize = 4;
/// How many creates a round sees before the kill comes.
const ENOUGH: usize = 40;

#[test]
fn no_acknowledged_profile_is_lost_or_torn_when_everything_is_killed() {
    let scratch = Scratch::with_cluster();
    let acknowledged = Mutex::new(BTreeMap::new());
    for round in 0..ROUNDS {
        let (mut dev, key) = Service::dev(&scratch.data(), &[]);
        check(&dev.client, &acknowledged.lock().unwrap());
        let before = acknowledged.lock().unwrap().len();
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| write(dev.address, &key.secret, &acknowledged));
            }
            eventually("enough is written", || (acknowledged.lock().unwrap().len() >= before + ENOUGH).then_some(()));
            // Postgres first, the service first, or the service alone: then its Postgres has to end by itself.
            let postmaster = postmaster(&scratch);
            match round % 3 {
                0 => {
                    kill_process(postmaster, Signal::KILL).unwrap();
                    dev.process.signal(Signal::KILL);
                }
                1 => {
                    dev.process.signal(Signal::KILL);
                    let _ = kill_process(postmaster, Signal::KILL);
                }
                _ => dev.process.signal(Signal::KILL),
            }
        });
        assert_eq!(dev.process.wait().code(), None, "it was not killed");
    }
    let (dev, _) = Service::dev(&scratch.data(), &[]);
    check(&dev.client, &acknowledged.lock().unwrap());
}

/// Creates profiles until the service is gone, and notes what it acknowledged.
fn write(address: SocketAddr, key: &str, acknowledged: &Mutex<BTreeMap<String, Value>>) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let agent: Agent =
        Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let pairs: BTreeMap<_, _> = (0..16).map(|pair| (format!("key_{pair}"), format!("{number} {pair}"))).collect();
        let body = json!({"name": format!("Profile {number}"), "external_id": number.to_string(), "metadata": pairs});
        let request = agent.post(format!("http://{address}{PROFILES}"));
        let sent = request.header("x-api-key", key).header("content-type", "application/json").send(body.to_string());
        // Gone: perhaps with a profile that nobody was told of.
        let Ok(mut answer) = sent else { return };
        let status = answer.status().as_u16();
        let Ok(text) = answer.body_mut().read_to_string() else { return };
        match status {
            200 => {
                let profile: Value = serde_json::from_str(&text).unwrap();
                acknowledged.lock().unwrap().insert(profile["id"].as_str().unwrap().to_owned(), profile);
            }
            // Its Postgres is gone first.
            503 | 504 => {}
            _ => panic!("{status} {text}"),
        }
    }
}

/// Every acknowledged profile is served, and no profile is half there.
fn check(client: &Client, acknowledged: &BTreeMap<String, Value>) {
    let mut served = BTreeMap::new();
    let mut page = String::new();
    loop {
        let list = client.list(&format!("limit=100{page}"));
        for profile in list["data"].as_array().unwrap() {
            assert_eq!(profile["metadata"].as_object().unwrap().len(), 16, "{profile}");
            served.insert(profile["id"].as_str().unwrap().to_owned(), profile.clone());
        }
        match list["next_page"].as_str() {
            Some(next) => page = format!("&page={next}"),
            None => break,
        }
    }
    for (id, profile) in acknowledged {
        assert_eq!(served.get(id), Some(profile));
    }
}
