//! Kills: what was acknowledged is there again, whole, after the next start; and what was not is done once by asking again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use ureq::Agent;

use crate::postgres::postmaster;
use crate::process::Service;
use crate::scratch::{MAX_WAIT, Scratch, eventually};
use crate::support::client::{Client, PROFILES};

const WRITERS: usize = 4;
const ROUNDS: usize = 4;
/// How many creates a round sees before the kill comes.
const ENOUGH: usize = 40;

#[test]
fn no_profile_is_lost_partial_or_duplicated_after_kills() {
    let scratch = Scratch::with_cluster();
    let acknowledged = Mutex::new(BTreeMap::new());
    let unanswered = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let (mut dev, key) = Service::dev(&scratch.data(), &[]);
        ask_again(&dev, &key.secret, &unanswered, &acknowledged);
        check(&dev.client, &acknowledged.lock().unwrap());
        let before = acknowledged.lock().unwrap().len();
        thread::scope(|scope| {
            for _ in 0..WRITERS {
                scope.spawn(|| write(dev.address, &key.secret, &acknowledged, &unanswered));
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
    let (dev, key) = Service::dev(&scratch.data(), &[]);
    ask_again(&dev, &key.secret, &unanswered, &acknowledged);
    check(&dev.client, &acknowledged.lock().unwrap());
}

/// By id.
type Acknowledged = Mutex<BTreeMap<String, Value>>;

/// Sends an unanswered request again under its idempotency key: it may have been committed.
fn ask_again(dev: &Service, key: &str, unanswered: &Mutex<Vec<u64>>, acknowledged: &Acknowledged) {
    for number in std::mem::take(&mut *unanswered.lock().unwrap()) {
        let (status, text) = create(&agent(), dev.address, key, number).unwrap();
        assert_eq!(status, 200, "{text}");
        acknowledge(acknowledged, &text);
    }
}

fn acknowledge(acknowledged: &Acknowledged, text: &str) {
    let profile: Value = serde_json::from_str(text).unwrap();
    acknowledged.lock().unwrap().insert(profile["id"].as_str().unwrap().to_owned(), profile);
}

fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(MAX_WAIT)).http_status_as_error(false).build().into()
}

/// Creates the profile `number`; `None` if the service ends before it answers.
fn create(agent: &Agent, address: SocketAddr, key: &str, number: u64) -> Option<(u16, String)> {
    let pairs: BTreeMap<_, _> = (0..16).map(|pair| (format!("key_{pair}"), format!("{number} {pair}"))).collect();
    let body = json!({"name": format!("Profile {number}"), "external_id": number.to_string(), "metadata": pairs});
    let request = agent.post(format!("http://{address}{PROFILES}"));
    let request = request.header("x-api-key", key).header("idempotency-key", number.to_string());
    let mut answer = request.header("content-type", "application/json").send(body.to_string()).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), text))
}

/// Creates profiles until the service ends; records which were acknowledged and which were not.
fn write(address: SocketAddr, key: &str, acknowledged: &Acknowledged, unanswered: &Mutex<Vec<u64>>) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let agent = agent();
    loop {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        match create(&agent, address, key, number) {
            Some((200, text)) => acknowledge(acknowledged, &text),
            // Its Postgres ends first.
            Some((503 | 504, _)) => unanswered.lock().unwrap().push(number),
            Some((status, text)) => panic!("{status} {text}"),
            None => return unanswered.lock().unwrap().push(number),
        }
    }
}

/// Every acknowledged profile is served, and no profile is half there or there twice.
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
    assert_eq!(&served, acknowledged);
}
