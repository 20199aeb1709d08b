//! What a worker reads, and compares with what it knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Worker, text};
use crate::clients::http::Request;
use crate::findings::Broken;
use crate::support::client::{PROFILES, path};

impl Worker<'_> {
    pub(super) fn retrieve_own(&mut self) {
        let place = self.client.random.below(self.own.len());
        let outcome = self.client.send(&Request::get(path(&self.own[place].id)));
        match outcome.success() {
            Some(answer) => self.compare(place, &answer.clone(), "retrieve"),
            None => self.client.expect_fault("retrieve", &outcome, &self.own[place].id),
        }
    }

    pub(super) fn retrieve_shared(&mut self) {
        let place = self.client.random.below(self.shared.len());
        let outcome = self.client.send(&Request::get(path(&self.shared[place].id)));
        match outcome.success() {
            Some(answer) => self.compare_shared(place, &answer.clone(), "retrieve"),
            None => self.client.expect_fault("shared retrieve", &outcome, &self.shared[place].id),
        }
    }

    pub(super) fn retrieve_erased(&mut self) {
        if self.erased.is_empty() {
            return;
        }
        let id = self.client.random.pick(&self.erased).clone();
        let outcome = self.client.send(&Request::get(path(&id)));
        if outcome.status() != 404 {
            self.client.expect_fault("retrieve of an erased profile", &outcome, &id);
        }
    }

    /// The whole list in pages: no profile twice, all of its own, and none that it has erased.
    pub(super) fn walk(&mut self) {
        let (limit, order) = (20 + self.client.random.below(81), *self.client.random.pick(&["asc", "desc"]));
        let mut found = BTreeSet::new();
        for profile in self.client.pages(&format!("{PROFILES}?limit={limit}&order={order}")) {
            let id = text(&profile["id"]);
            if let Some(place) = self.own.iter().position(|own| own.id == id) {
                self.compare(place, &profile, "list");
            }
            if !found.insert(id.clone()) {
                self.client.findings.broken(Broken::Doubled, format!("{id} is on two pages of one walk"));
            }
        }
        for own in self.own.iter().filter(|own| !found.contains(&own.id)) {
            self.client
                .findings
                .broken(Broken::Lost, format!("{} is on no page of a walk: {}", own.id, own.trail.show()));
        }
        for id in self.erased.iter().filter(|id| found.contains(*id)) {
            self.client.findings.broken(Broken::Wrong, format!("{id} was erased and is in the list"));
        }
    }

    /// Compares what `answer` shows of an own profile.
    pub(crate) fn compare(&mut self, place: usize, answer: &Value, operation: &str) {
        let own = &mut self.own[place];
        if !own.accepts(answer, operation) {
            let what = format!("{operation} of {} shows {answer}: {}", own.id, own.trail.show());
            self.client.findings.broken(Broken::Wrong, what);
        }
    }

    /// Compares the number of this worker in a shared profile.
    pub(crate) fn compare_shared(&mut self, place: usize, answer: &Value, operation: &str) {
        let shown = answer["metadata"][self.shared_key()].as_str().map_or(0, |number| number.parse().unwrap());
        let shared = &mut self.shared[place];
        if !shared.number.accepts(shown) {
            self.client.findings.broken(Broken::Wrong, format!("{operation} of shared {} shows {answer}", shared.id));
        }
    }
}
