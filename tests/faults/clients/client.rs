//! A client of one organization: sends to either replica, and asks again until a fault is over.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::clients::http::{Connections, Outcome, Request};
use crate::faults::pause;
use crate::findings::{Broken, Findings};
use crate::seeded::Seeded;

/// Every fault is mended within this time.
const SETTLE_LIMIT: Duration = Duration::from_mins(4);

pub(crate) struct Client<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) random: Seeded,
    connections: Connections,
    /// How long each request took, where that is measured.
    pub(crate) latencies: Option<Vec<Duration>>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(connections: Connections, findings: &'a Findings, random: Seeded) -> Self {
        Self { findings, random, connections, latencies: None }
    }

    /// From now on it has another key.
    pub(crate) fn authenticate(&mut self, secret: &str) {
        self.connections.authenticate(secret);
    }

    /// Sends it once.
    pub(crate) fn send(&mut self, request: &Request) -> Outcome {
        let replica = self.random.below(self.connections.replicas());
        let started = Instant::now();
        let outcome = self.connections.send(replica, request);
        self.latencies.iter_mut().for_each(|latencies| latencies.push(started.elapsed()));
        match &outcome {
            Outcome::Answered(answer) => {
                self.findings.checked();
                match answer.status {
                    500..=599 if outcome.is_unknown() => self.findings.count("answered: outcome unknown"),
                    500..=599 => self.findings.count("answered: failed"),
                    _ => self.findings.count("answered: done, or refused by a rule"),
                }
            }
            Outcome::NotSent => self.findings.count("not sent"),
            Outcome::Unknown => self.findings.count("sent, not answered"),
        }
        outcome
    }

    /// Sends it until it succeeds. Only for what may be repeated: reads, and writes under a key.
    pub(crate) fn settle(&mut self, request: &Request) -> Value {
        let started = Instant::now();
        loop {
            let outcome = self.send(request);
            if let Some(answer) = outcome.success() {
                return answer.clone();
            }
            if !outcome.is_in_progress() {
                self.expect_fault(request.method, &outcome, &request.path);
            }
            wait_for_recovery(started, &request.path);
        }
    }

    /// The data of all pages of a list, each asked for until it is answered.
    pub(crate) fn pages(&mut self, first: &str) -> Vec<Value> {
        let (mut page, mut data) = (first.to_owned(), Vec::new());
        loop {
            let mut answer = self.settle(&Request::get(page));
            data.append(answer["data"].as_array_mut().unwrap());
            let Some(next) = answer["next_page"].as_str() else { return data };
            page = format!("{first}&page={next}");
        }
    }

    /// During a fault, a request may fail as one; any other answer is wrong.
    pub(crate) fn expect_fault(&self, operation: &str, outcome: &Outcome, id: &str) {
        if let Outcome::Answered(answer) = outcome
            && ![503, 504].contains(&answer.status)
        {
            let what = format!("{operation} of {id} was answered {} {}", answer.status, answer.body);
            self.findings.broken(Broken::Wrong, what);
        }
    }
}

/// Waits a moment before the next attempt of what has been tried since `started`.
pub(crate) fn wait_for_recovery(started: Instant, what: &str) {
    assert!(started.elapsed() < SETTLE_LIMIT, "{what} never succeeds");
    pause(20);
}
