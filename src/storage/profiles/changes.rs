//! The changes that a batch of updates makes to locked profiles.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;

use super::calls::Update;
use super::read::{Found, profile_not_found};
use super::row::ProfileKey;
use super::save::save;
use crate::domain::Result;
use crate::domain::event::{Event, EventDetails};
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::Profile;
use crate::storage::events::outbox::{self, Outbox};
use crate::storage::idempotency::records::{FullKey, IdempotencyRecord, RecordColumns, StoredAnswer};

/// The profiles after the updates so far, and what has to be saved.
pub(super) struct Changes {
    found: Found,
    /// The answers under the keys of the updates, to earlier requests and to updates of this batch.
    stored: HashMap<FullKey, StoredAnswer>,
    changed: HashSet<ProfileKey>,
    events: Vec<(OrganizationId, Event)>,
    records: Vec<IdempotencyRecord>,
    outbox: Outbox,
}

impl Changes {
    pub(super) fn new(found: Found, stored: HashMap<FullKey, StoredAnswer>, outbox: Outbox) -> Self {
        Self { found, stored, changed: HashSet::new(), events: Vec::new(), records: Vec::new(), outbox }
    }

    /// Whether the profile with `key` was found.
    pub(super) fn exists(&self, key: ProfileKey) -> bool {
        self.found.contains_key(&key)
    }

    /// Applies `update` after those before it. One that fails changes nothing.
    pub(super) fn apply(&mut self, update: &Update) -> Result<RequestOutcome<Profile>> {
        // Before the replay: the answer about an erased profile must not be given again.
        let before = self.before(update)?;
        let idempotency = update.idempotency.as_ref();
        let full_key = idempotency.map(|idempotency| (update.organization, idempotency.key.clone()));
        if let (Some(idempotency), Some(full_key)) = (idempotency, &full_key)
            && let Some(stored) = self.stored.get(full_key)
        {
            return stored.replay(idempotency.fingerprint);
        }
        let patched = before.patched(&update.patch, update.now)?;
        let changed = patched.as_ref().map(|after| EventDetails::Updated(after.changed_fields(before)));
        let after = patched.unwrap_or_else(|| before.clone());
        // All that can fail comes before the first change of `self`.
        let record = idempotency
            .map(|idempotency| IdempotencyRecord::of_profile(update.organization, &after, update.now, idempotency));
        let record = record.transpose()?;
        if let (Some(record), Some(full_key)) = (record, full_key) {
            self.stored.insert(full_key, record.stored.clone());
            self.records.push(record);
        }
        if let Some(changed) = changed {
            let key = (update.organization, update.id);
            self.events.push((update.organization, self.outbox.event(update.id, changed, after.updated_at)));
            self.found.insert(key, Ok(after.clone()));
            self.changed.insert(key);
        }
        Ok(RequestOutcome::Done(after))
    }

    /// The profile before `update`.
    fn before(&self, update: &Update) -> Result<&Profile> {
        match self.found.get(&(update.organization, update.id)) {
            Some(Ok(before)) => Ok(before),
            Some(Err(error)) => Err(error.duplicate()),
            None => Err(profile_not_found()),
        }
    }

    /// Saves the changes; `false` if another transaction has taken a key meanwhile: the caller must roll back.
    pub(super) async fn save(self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        if self.changed.is_empty() && self.records.is_empty() {
            return Ok(true);
        }
        let after = self.changed.iter().filter_map(|key| Some((key.0, self.found.get(key)?.as_ref().ok()?)));
        let after: Vec<_> = after.collect();
        let records = self.records.len();
        let inserted = save(connection, &after, RecordColumns::of(self.records)).await?;
        outbox::append(connection, &self.events).await?;
        Ok(inserted == records)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::domain::Error;
    use crate::domain::clock::Timestamp;
    use crate::domain::id::{ProfileId, RandomIds};
    use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey};
    use crate::domain::profile::change::Change;
    use crate::domain::profile::{ProfileDraft, ProfilePatch};
    use crate::domain::text::{DisplayName, Text};

    #[test]
    fn an_update_whose_answer_cannot_be_serialized_changes_nothing() {
        let (organization, id) = (OrganizationId::new(Uuid::nil()), ProfileId::new(Uuid::nil()));
        let profile = ProfileDraft::default().into_profile(id, Timestamp::UNIX_EPOCH);
        let found = HashMap::from([((organization, id), Ok(profile))]);
        let mut changes = Changes::new(found, HashMap::new(), Outbox::new(Arc::new(RandomIds::default())));
        let update = Update {
            organization,
            id,
            patch: ProfilePatch {
                name: Change::Set(DisplayName::parse("Acme".to_owned()).unwrap()),
                ..ProfilePatch::default()
            },
            now: Timestamp::UNIX_EPOCH,
            idempotency: Some(Idempotency {
                key: IdempotencyKey::parse(b"key").unwrap(),
                fingerprint: Fingerprint::of(&[]),
                answer: Arc::new(|_| Err(Error::internal("not serializable"))),
            }),
        };
        assert!(changes.apply(&update).is_err());
        assert!(changes.changed.is_empty() && changes.events.is_empty() && changes.records.is_empty());
        assert!(changes.stored.is_empty());
    }
}
