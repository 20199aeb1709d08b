//! A client of one organization that knows what its profiles have to show, and compares every answer with that.

mod reads;

use std::time::Instant;

use serde_json::{Value, json};

use crate::clients::client::{Client, wait_for_recovery};
use crate::clients::http::{Outcome, Request};
use crate::clients::model::{ExpectedEvents, Ledger, OwnProfile, Register, SharedProfile, Trail};
use crate::findings::Broken;
use crate::support::client::{PROFILES, path};

/// A worker erases its oldest profile before it has more than these.
const OWN_PROFILES: usize = 24;
/// How many erased profiles and answered requests it asks for again.
const REMEMBERED: usize = 64;

/// A keyed request with its answer, and the profile that the answer shows.
struct Answered {
    request: Request,
    answer: Value,
    profile: String,
}

pub(crate) struct Worker<'a> {
    pub(crate) client: Client<'a>,
    number: usize,
    sequence: u64,
    pub(crate) own: Vec<OwnProfile>,
    pub(crate) shared: Vec<SharedProfile>,
    erased: Vec<String>,
    answered: Vec<Answered>,
    pub(crate) ledger: Ledger,
}

impl<'a> Worker<'a> {
    /// `shared`: the ids of profiles that other workers update too. `number` is unique among the workers.
    pub(crate) fn new(number: usize, client: Client<'a>, shared: &[String]) -> Self {
        let shared = shared.iter().map(|id| SharedProfile { id: id.clone(), number: Register::default() }).collect();
        Self {
            client,
            number,
            sequence: 0,
            own: Vec::new(),
            shared,
            erased: Vec::new(),
            answered: Vec::new(),
            ledger: Ledger::default(),
        }
    }

    /// One operation, of a kind by chance.
    pub(crate) fn step(&mut self) {
        if self.own.len() >= OWN_PROFILES {
            return self.erase(0);
        }
        let own = self.own.len();
        match self.client.random.below(100) {
            _ if own == 0 => self.create(true),
            0..=9 => self.create(true),
            10..=16 => self.create(false),
            17..=26 => self.update_own(true),
            27..=41 => self.update_own(false),
            42..=52 => self.update_shared(),
            53..=74 => self.retrieve_own(),
            75..=79 => self.retrieve_shared(),
            80..=85 => self.decide(),
            86..=91 => self.replay(),
            92..=95 => self.retrieve_erased(),
            96..=98 => {
                let place = self.client.random.below(own);
                self.erase(place);
            }
            _ => self.walk(),
        }
    }

    fn create(&mut self, is_keyed: bool) {
        let external_id = self.unique("profile");
        let body = json!({"external_id": external_id, "name": "n0", "metadata": {"n": "0"}});
        let request = Request::post(PROFILES.to_owned(), body);
        let answer = if is_keyed {
            let request = request.keyed(external_id.clone());
            let answer = self.client.settle(&request);
            let profile = text(&answer["id"]);
            self.remember(Answered { request, answer: answer.clone(), profile });
            answer
        } else {
            let outcome = self.client.send(&request);
            let Some(answer) = outcome.success() else {
                self.client.expect_fault("create", &outcome, "");
                if outcome.is_unknown() {
                    self.ledger.maybe_created.push(external_id);
                }
                return;
            };
            answer.clone()
        };
        let id = text(&answer["id"]);
        if self.ledger.events.insert(id.clone(), ExpectedEvents::default()).is_some() {
            self.client.findings.broken(Broken::Doubled, format!("two creates were answered with {id}"));
        }
        self.own.push(OwnProfile {
            id,
            external_id,
            number: Register::default(),
            is_granted: false,
            trail: Trail::default(),
        });
        self.compare(self.own.len() - 1, &answer, "create");
    }

    fn update_own(&mut self, is_keyed: bool) {
        let place = self.client.random.below(self.own.len());
        let number = self.own[place].number.next();
        let id = self.own[place].id.clone();
        let request =
            Request::post(path(&id), json!({"name": format!("n{number}"), "metadata": {"n": number.to_string()}}));
        let answer = if is_keyed {
            let request = request.keyed(self.unique("update"));
            let answer = self.client.settle(&request);
            self.remember(Answered { request, answer: answer.clone(), profile: id.clone() });
            answer
        } else {
            let outcome = self.client.send(&request);
            self.own[place].trail.note(format!("update {number}: {}", outcome.status()));
            let Some(answer) = outcome.success() else {
                self.client.expect_fault("update", &outcome, &id);
                if outcome.is_unknown() {
                    self.own[place].number.may_have(number);
                    self.events(&id).updated.possible();
                }
                return;
            };
            answer.clone()
        };
        self.own[place].number.acknowledge(number);
        self.events(&id).updated.certain();
        self.compare(place, &answer, "update");
    }

    fn update_shared(&mut self) {
        let place = self.client.random.below(self.shared.len());
        let (key, number) = (self.shared_key(), self.shared[place].number.next());
        let id = self.shared[place].id.clone();
        let outcome = self.client.send(&Request::post(path(&id), json!({"metadata": {&key: number.to_string()}})));
        if let Some(answer) = outcome.success() {
            self.shared[place].number.acknowledge(number);
            self.events(&id).updated.certain();
            self.compare_shared(place, &answer.clone(), "update");
        } else {
            self.client.expect_fault("shared update", &outcome, &id);
            if outcome.is_unknown() {
                self.shared[place].number.may_have(number);
                self.events(&id).updated.possible();
            }
        }
    }

    fn decide(&mut self) {
        let place = self.client.random.below(self.own.len());
        let (id, is_granted) = (self.own[place].id.clone(), !self.own[place].is_granted);
        let status = if is_granted { "active" } else { "withdrawn" };
        let body = json!({"status": status, "actor": "campaign", "reason": "A test"});
        let request = Request::post(format!("{}/trust_grants/cyber", path(&id)), body).keyed(self.unique("decision"));
        self.client.settle(&request);
        self.own[place].is_granted = is_granted;
        self.own[place].trail.note(status.to_owned());
        self.events(&id).decided.certain();
    }

    /// A request again that was answered under its key.
    fn replay(&mut self) {
        if self.answered.is_empty() {
            return;
        }
        let place = self.client.random.below(self.answered.len());
        let request = self.answered[place].request.clone();
        let outcome = self.client.send(&request);
        let Outcome::Answered(answer) = &outcome else { return };
        let Answered { answer: first, profile, .. } = &self.answered[place];
        let is_erased = self.ledger.events.get(profile).is_some_and(|events| events.is_erased);
        let as_expected = match answer.status {
            200 => !is_erased && answer.is_replay() && answer.body == *first,
            // A create must not be done again; for an update there is nothing left to change.
            409 if answer.header("x-should-retry") == Some("false") => is_erased && request.path == PROFILES,
            404 => is_erased && request.path != PROFILES,
            _ => return self.client.expect_fault("replay", &outcome, profile),
        };
        if !as_expected {
            let what =
                format!("a replay was answered {} {}, first {first}, erased: {is_erased}", answer.status, answer.body);
            self.client.findings.broken(Broken::Wrong, what);
        }
    }

    fn erase(&mut self, place: usize) {
        let profile = self.own.remove(place);
        let request = Request::delete(path(&profile.id));
        let started = Instant::now();
        let mut may_be_done = false;
        loop {
            let outcome = self.client.send(&request);
            match outcome.status() {
                200 => break,
                404 if may_be_done => break,
                _ => self.client.expect_fault("delete", &outcome, &profile.id),
            }
            may_be_done |= outcome.is_unknown();
            wait_for_recovery(started, "delete");
        }
        self.events(&profile.id).is_erased = true;
        if self.erased.len() == REMEMBERED {
            self.erased.remove(0);
        }
        self.erased.push(profile.id);
    }

    fn events(&mut self, id: &str) -> &mut ExpectedEvents {
        self.ledger.events.entry(id.to_owned()).or_default()
    }

    fn remember(&mut self, answered: Answered) {
        if self.answered.len() == REMEMBERED {
            self.answered.remove(0);
        }
        self.answered.push(answered);
    }

    fn shared_key(&self) -> String {
        format!("w{}", self.number)
    }

    fn unique(&mut self, what: &str) -> String {
        self.sequence += 1;
        format!("{what}-{}-{}", self.number, self.sequence)
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
