//! The course of a campaign, in its short and its full form.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::check;
use crate::clients::client::Client;
use crate::clients::follower::{Events, all, follow};
use crate::clients::http::{Connections, Request};
use crate::clients::model::ExpectedEvents;
use crate::clients::neighbor;
use crate::clients::worker::{Worker, text};
use crate::faults::{Fault, pause};
use crate::findings::Findings;
use crate::report::{Latencies, table};
use crate::seeded::Seeded;
use crate::stack::Stack;
use crate::support::KeySpec;
use crate::support::accounts::Accounts;
use crate::support::app::DEFAULT_VERSION;
use crate::support::client::PROFILES;
use crate::support::receiver::Receiver;
use crate::support::webhooks::{EVENT_KINDS, WEBHOOKS};

/// Organizations whose every answer is compared.
const ORGANIZATIONS: usize = 3;
/// Workers of each. A profile has at most 16 metadata pairs, and each worker has one in the shared ones.
const WORKERS: usize = 4;
/// Profiles of each organization that all of its workers update.
const SHARED: usize = 2;
/// Failed deliveries are repeated after seconds, and after a step of the clock when the later clock says so.
const DELIVERY_LIMIT: Duration = Duration::from_mins(3);
/// How often a campaign says how far it is.
const PROGRESS: Duration = Duration::from_mins(2);
/// In the process that has its own mounts.
const INSIDE: &str = "UPROF_FAULTS_INSIDE";
/// The seed, to repeat the choices of an earlier campaign.
const SEED: &str = "UPROF_FAULTS_SEED";

/// How long, and how much.
struct Plan {
    /// The quiet organization is measured for so long: alone, beside a busy machine, and beside its neighbor.
    measured: Duration,
    /// Faults are injected at least for so long,
    faulty: Duration,
    /// until there were so many operations, kills of services and kills of Postgres,
    operations: u64,
    service_kills: u64,
    postgres_kills: u64,
    /// but never longer than this.
    limit: Duration,
    disk_bytes: u64,
}

const SHORT: Plan = Plan {
    measured: Duration::from_secs(5),
    faulty: Duration::from_secs(70),
    operations: 0,
    service_kills: 0,
    postgres_kills: 0,
    limit: Duration::from_mins(3),
    disk_bytes: 2 << 30,
};

const FULL: Plan = Plan {
    measured: Duration::from_mins(1),
    faulty: Duration::from_mins(30),
    operations: 1_000_000,
    service_kills: 100,
    postgres_kills: 20,
    limit: Duration::from_mins(55),
    disk_bytes: 8 << 30,
};

#[test]
fn nothing_is_lost_doubled_or_answered_wrongly_under_faults() {
    in_own_mounts("nothing_is_lost_doubled_or_answered_wrongly_under_faults", &SHORT);
}

#[test]
#[ignore = "takes up to an hour: tests/faults/run --full"]
fn nothing_is_lost_doubled_or_answered_wrongly_in_the_full_campaign() {
    in_own_mounts("nothing_is_lost_doubled_or_answered_wrongly_in_the_full_campaign", &FULL);
}

/// Runs the campaign in a process whose mounts nobody else sees, and which end with it. Without the right to mount, no disk is filled.
fn in_own_mounts(test: &str, plan: &Plan) {
    let can_mount = || Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success());
    if std::env::var_os(INSIDE).is_some() {
        run(plan, Some(plan.disk_bytes));
    } else if rustix::process::geteuid().is_root() && can_mount() {
        let mut inside = Command::new("unshare");
        inside.args(["--mount", "--propagation=private", "--"]).arg(std::env::current_exe().unwrap());
        inside.args(["--exact", &format!("campaign::{test}"), "--include-ignored", "--nocapture"]);
        assert!(inside.env(INSIDE, "1").status().unwrap().success(), "the campaign has failed: see above");
    } else {
        run(plan, None);
    }
}

/// One organization whose answers are compared.
struct Tenant {
    secret: String,
    shared: Vec<String>,
}

fn run(plan: &Plan, disk_bytes: Option<u64>) {
    let seed = std::env::var(SEED).map_or_else(|_| u64::from(std::process::id()), |seed| seed.parse().unwrap());
    let started = Instant::now();
    let findings = Findings::default();
    let mut stack = Stack::start(disk_bytes);
    let addresses = stack.addresses();
    let accounts = Accounts::of(stack.url().clone());
    let key = || accounts.key(accounts.organization(DEFAULT_VERSION), KeySpec::default()).secret;
    let (neighbor, quiet) = (key(), key());
    let client = |secret: &str, stream: usize| {
        Client::new(Connections::new(secret, &addresses), &findings, Seeded::new(seed, stream as u64))
    };
    let receiver = Receiver::start();
    let tenants: Vec<Tenant> =
        (0..ORGANIZATIONS).map(|number| tenant(key(), &mut client("", 100 + number), &receiver)).collect();
    drop(accounts);

    let alone = measure(&mut client(&quiet, 200), plan.measured);
    let busy = beside_busy_threads(|| measure(&mut client(&quiet, 202), plan.measured));
    let [is_slower, is_over, is_written] = [const { AtomicBool::new(false) }; 3];
    thread::scope(|scope| {
        for kind in 0..neighbor::CONNECTIONS {
            let connections = Connections::new(&neighbor, &addresses);
            let (is_slower, is_over, findings) = (&is_slower, &is_over, &findings);
            scope.spawn(move || neighbor::run(kind, connections, is_slower, is_over, findings));
        }
        let beside = measure(&mut client(&quiet, 201), plan.measured);
        is_slower.store(true, Ordering::SeqCst);
        let mut workers = Vec::new();
        let mut followers = Vec::new();
        for (number, tenant) in tenants.iter().enumerate() {
            let mut follower = client(&tenant.secret, 300 + number);
            let (is_over, is_written) = (&is_over, &is_written);
            followers.push(scope.spawn(move || follow(&mut follower, is_written)));
            for worker in 0..WORKERS {
                let worker = number * WORKERS + worker;
                let mut worker = Worker::new(worker, client(&tenant.secret, worker), &tenant.shared);
                workers.push(scope.spawn(move || {
                    while !is_over.load(Ordering::SeqCst) {
                        worker.step();
                    }
                    worker
                }));
            }
        }
        inject(plan, &mut stack, &mut Seeded::new(seed, 400), &findings);
        stack.recover();
        // What was in progress at the last fault is answered within the deadlines.
        pause(3_000);
        is_over.store(true, Ordering::SeqCst);
        let mut workers: Vec<Worker> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        is_written.store(true, Ordering::SeqCst);
        let followed: Vec<Events> = followers.into_iter().map(|follower| follower.join().unwrap()).collect();
        compare(&tenants, &mut workers, &followed, &receiver, &findings, &client);
        let latencies = [("alone", alone), ("beside busy threads", busy), ("beside the neighbor", beside)];
        let table = table(&findings, seed, started.elapsed(), &latencies);
        println!("\n{table}");
    });
    let broken = findings.all_broken();
    assert!(broken.is_empty(), "seed {seed}: {} promises were broken, see above", broken.len());
}

/// An organization with its shared profiles and its webhook; `client` gets its key.
fn tenant(secret: String, client: &mut Client, receiver: &Receiver) -> Tenant {
    client.authenticate(&secret);
    client.settle(&Request::post(
        WEBHOOKS.to_owned(),
        json!({"url": receiver.url("/hook"), "enabled_events": EVENT_KINDS}),
    ));
    let create = Request::post(PROFILES.to_owned(), json!({}));
    let shared = (0..SHARED).map(|_| text(&client.settle(&create)["id"])).collect();
    Tenant { secret, shared }
}

/// What the quiet organization experiences: one client, one request after another.
fn measure(client: &mut Client, lasting: Duration) -> Latencies {
    let before = client.findings.counted("answered: failed");
    client.latencies = Some(Vec::new());
    let started = Instant::now();
    let id = text(&client.settle(&Request::post(PROFILES.to_owned(), json!({"name": "Quiet"})))["id"]);
    while started.elapsed() < lasting {
        let profile = format!("{PROFILES}/{id}");
        for request in [
            Request::post(PROFILES.to_owned(), json!({"name": "Quiet", "metadata": {"plan": "pro"}})),
            Request::get(profile.clone()),
            Request::post(profile, json!({"metadata": {"at": started.elapsed().as_micros().to_string()}})),
            Request::get(format!("{PROFILES}?limit=20")),
        ] {
            let outcome = client.send(&request);
            if outcome.success().is_none() {
                client.expect_fault("a request of the quiet organization", &outcome, &id);
            }
        }
    }
    Latencies::of(client.latencies.take().unwrap(), client.findings.counted("answered: failed") - before)
}

/// Measures beside as many threads as the neighbor has connections, which only count: what a busy machine costs without the neighbor.
fn beside_busy_threads(measure: impl FnOnce() -> Latencies) -> Latencies {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..neighbor::CONNECTIONS {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let latencies = measure();
        is_over.store(true, Ordering::Relaxed);
        latencies
    })
}

/// Injects faults, one after another, until the plan is fulfilled.
fn inject(plan: &Plan, stack: &mut Stack, random: &mut Seeded, findings: &Findings) {
    let started = Instant::now();
    let is_fulfilled = || {
        started.elapsed() >= plan.faulty
            && findings.operations() >= plan.operations
            && findings.counted(Fault::KillService.name()) >= plan.service_kills
            && findings.counted(Fault::KillPostgres.name()) >= plan.postgres_kills
    };
    let mut reported = started;
    for fault in Fault::ALL.into_iter().cycle() {
        if is_fulfilled() || started.elapsed() >= plan.limit {
            return;
        }
        if reported.elapsed() >= PROGRESS {
            reported = Instant::now();
            let [service, postgres] =
                [Fault::KillService, Fault::KillPostgres].map(|kill| findings.counted(kill.name()));
            let (minutes, operations) = (started.elapsed().as_secs() / 60, findings.operations());
            println!("{minutes} min: {operations} operations, {service} kills of a service, {postgres} of Postgres");
        }
        if fault.inject(stack, random, findings) {
            findings.count(fault.name());
        }
        // Sometimes the next fault comes before this one is mended.
        if !random.chance(20) {
            stack.recover();
        }
        pause(random.below(600) as u64);
    }
}

/// Everything runs: compares all that is there with all that is known.
fn compare<'a>(
    tenants: &[Tenant],
    workers: &mut [Worker],
    followed: &[Events],
    receiver: &Receiver,
    findings: &'a Findings,
    client: &impl Fn(&str, usize) -> Client<'a>,
) {
    let mut events = Events::new();
    for (number, tenant) in tenants.iter().enumerate() {
        let mut client = client(&tenant.secret, 500 + number);
        let workers = &mut workers[number * WORKERS..(number + 1) * WORKERS];
        let maybe_created = check::profiles(&mut client, workers, &tenant.shared);
        let known = maybe_created.into_iter().chain(tenant.shared.iter().cloned());
        let mut expected: BTreeMap<String, ExpectedEvents> = known.map(|id| (id, ExpectedEvents::default())).collect();
        for (id, events) in workers.iter().flat_map(|worker| &worker.ledger.events) {
            expected.entry(id.clone()).or_default().add(*events);
        }
        let all = all(&mut client);
        check::events(&all, &followed[number], &expected, findings);
        events.extend(all);
    }
    let started = Instant::now();
    let delivered = || receiver.arrived(0).iter().map(|delivery| delivery.id().to_owned()).collect();
    while !check::all_delivered(&events, &delivered()) && started.elapsed() < DELIVERY_LIMIT {
        pause(1_000);
    }
    check::deliveries(&events, &delivered(), findings);
}
