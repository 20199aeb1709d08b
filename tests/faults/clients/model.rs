//! What has to be there, as the one writer of a profile knows it.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

/// A number that one writer raises. Writes whose outcome is unknown may still take effect.
#[derive(Default)]
pub(crate) struct Register {
    acknowledged: u64,
    unknown: Vec<u64>,
    last: u64,
}

impl Register {
    /// The number that is written next.
    pub(crate) fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn acknowledge(&mut self, number: u64) {
        self.acknowledged = number;
    }

    pub(crate) fn may_have(&mut self, number: u64) {
        self.unknown.push(number);
    }

    /// Whether `read` can be there. A value that was read replaces what was there before it for good.
    pub(crate) fn accepts(&mut self, read: u64) -> bool {
        if let Some(place) = self.unknown.iter().position(|number| *number == read) {
            self.unknown.swap_remove(place);
            self.acknowledged = read;
        }
        self.acknowledged == read
    }
}

/// How many events of a kind there must be: unknown writes may have theirs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Expected {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl Expected {
    pub(crate) fn certain(&mut self) {
        self.least += 1;
        self.most += 1;
    }

    pub(crate) fn possible(&mut self) {
        self.most += 1;
    }

    fn add(&mut self, other: Self) {
        self.least += other.least;
        self.most += other.most;
    }
}

/// The events of one profile.
#[derive(Clone, Copy, Default)]
pub(crate) struct ExpectedEvents {
    pub(crate) updated: Expected,
    pub(crate) decided: Expected,
    pub(crate) is_erased: bool,
}

impl ExpectedEvents {
    /// Those of another worker that has changed the profile too.
    pub(crate) fn add(&mut self, other: Self) {
        self.updated.add(other.updated);
        self.decided.add(other.decided);
        self.is_erased |= other.is_erased;
    }
}

/// The newest operations on a profile, for the report of one that is wrong.
#[derive(Default)]
pub(crate) struct Trail(VecDeque<String>);

impl Trail {
    const LENGTH: usize = 24;

    pub(crate) fn note(&mut self, what: String) {
        if self.0.len() == Self::LENGTH {
            self.0.pop_front();
        }
        self.0.push_back(what);
    }

    pub(crate) fn show(&self) -> String {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }
}

/// A profile with one writer.
pub(crate) struct OwnProfile {
    pub(crate) id: String,
    pub(crate) external_id: String,
    /// Its name and its metadata pair `n` hold the same number, since one update writes both.
    pub(crate) number: Register,
    /// Whether the grant `cyber` is active.
    pub(crate) is_granted: bool,
    pub(crate) trail: Trail,
}

impl OwnProfile {
    /// Whether it can look as `answer` shows it.
    pub(crate) fn accepts(&mut self, answer: &Value, operation: &str) -> bool {
        let number: Option<u64> = answer["metadata"]["n"].as_str().and_then(|number| number.parse().ok());
        self.trail.note(format!("{operation} shows {number:?}"));
        let Some(number) = number else { return false };
        let expected = json!({
            "id": self.id,
            "external_id": self.external_id,
            "relationship": "external",
            "type": "user_profile",
            "name": format!("n{number}"),
            "metadata": {"n": number.to_string()},
            "trust_grants": if self.is_granted { json!({"cyber": {"status": "active"}}) } else { json!({}) },
            "created_at": answer["created_at"],
            "updated_at": answer["updated_at"],
        });
        self.number.accepts(number) && *answer == expected
    }
}

/// A profile that every worker of an organization updates, each with a metadata key of its own.
pub(crate) struct SharedProfile {
    pub(crate) id: String,
    pub(crate) number: Register,
}

/// All that one worker has done.
#[derive(Default)]
pub(crate) struct Ledger {
    /// By profile id, erased ones too.
    pub(crate) events: BTreeMap<String, ExpectedEvents>,
    /// External ids of creates without a key whose outcome is unknown.
    pub(crate) maybe_created: Vec<String>,
}
