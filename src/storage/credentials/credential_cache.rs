//! What is cached of credentials: those that were found, and which keys are unknown.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::changes::CredentialChange;
use crate::domain::credential::api_key::{Credential, KeyHash};

/// How long an entry is valid: the longest time until a change takes effect in another process, whatever fails.
const LIFETIME: Duration = Duration::from_secs(5);

/// The most cached credentials; beyond, expired ones are removed, or all. 10,000 take about 4 MB.
const CAPACITY: usize = 10_000;

/// The most keys that are cached as unknown; beyond, expired ones are removed, or all.
const UNKNOWN_CAPACITY: usize = 1_000;

#[derive(Default)]
pub(super) struct CredentialCache {
    credentials: HashMap<KeyHash, (Instant, Arc<Credential>)>,
    /// Apart, so that guesses crowd out no credential.
    unknown: HashMap<KeyHash, Instant>,
    /// The number of changes so far. The result of a lookup that began before the last change is not cached.
    changes: u64,
}

/// A valid entry.
pub(super) enum Cached {
    /// The credential, looked up so long ago.
    Found(Duration, Arc<Credential>),
    /// There is no such key.
    Unknown,
}

impl CredentialCache {
    pub(super) fn get(&self, hash: &KeyHash) -> Option<Cached> {
        if let Some((since, credential)) = self.credentials.get(hash) {
            let age = since.elapsed();
            return (age < LIFETIME).then(|| Cached::Found(age, Arc::clone(credential)));
        }
        let since = self.unknown.get(hash)?;
        (since.elapsed() < LIFETIME).then_some(Cached::Unknown)
    }

    /// The number of changes so far.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Stores what a lookup has found that began at `since`, after `changes`.
    pub(super) fn store(&mut self, hash: KeyHash, since: Instant, changes: u64, found: Option<&Arc<Credential>>) {
        let is_current = self.changes == changes;
        match found {
            Some(credential) if is_current => {
                evict_if_full(&mut self.credentials, CAPACITY, |(since, _)| *since);
                self.unknown.remove(&hash);
                self.credentials.insert(hash, (since, Arc::clone(credential)));
            }
            Some(_) => {}
            None => {
                self.credentials.remove(&hash);
                if is_current {
                    evict_if_full(&mut self.unknown, UNKNOWN_CAPACITY, |since| *since);
                    self.unknown.insert(hash, since);
                }
            }
        }
    }

    /// Removes what `change` may concern.
    pub(super) fn invalidate(&mut self, change: CredentialChange) {
        self.changes += 1;
        match change {
            CredentialChange::Key(id) => self.credentials.retain(|_, (_, credential)| credential.key.id != id),
            CredentialChange::Organization(id) => {
                self.credentials.retain(|_, (_, credential)| credential.key.organization_id != id);
            }
            CredentialChange::NewKey(..) => self.unknown.clear(),
            CredentialChange::Any => {
                self.credentials.clear();
                self.unknown.clear();
            }
        }
    }
}

fn evict_if_full<T>(entries: &mut HashMap<KeyHash, T>, capacity: usize, since: impl Fn(&T) -> Instant) {
    if entries.len() >= capacity {
        entries.retain(|_, entry| since(entry).elapsed() < LIFETIME);
    }
    if entries.len() >= capacity {
        entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{ApiKeyId, OrganizationId};

    #[test]
    fn unknown_keys_are_bounded_and_a_new_key_is_unknown_no_longer() {
        let mut cache = CredentialCache::default();
        for number in 0..3_000_u32 {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&number.to_be_bytes());
            cache.store(KeyHash(hash), Instant::now(), 0, None);
            assert!(matches!(cache.get(&KeyHash(hash)), Some(Cached::Unknown)));
            assert!(cache.unknown.len() <= UNKNOWN_CAPACITY);
        }
        let hash = KeyHash([7; 32]);
        cache.store(hash, Instant::now(), 0, None);
        cache.invalidate(CredentialChange::NewKey(OrganizationId::new(Uuid::nil()), ApiKeyId::new(Uuid::nil())));
        assert!(cache.get(&hash).is_none());
        // A lookup that began before says nothing about now.
        cache.store(hash, Instant::now(), 0, None);
        assert!(cache.get(&hash).is_none());
    }
}
