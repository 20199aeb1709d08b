//! What a group of updates makes of the profiles that it has locked.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;

use super::calls::{Update, record_of};
use super::read::{Found, profile_not_found};
use super::row::ProfileKey;
use super::save::save;
use crate::domain::Result;
use crate::domain::event::{Event, EventDetails};
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::Profile;
use crate::storage::events::outbox;
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records::{FullKey, Record, RecordColumns, StoredAnswer};

/// The profiles as they are after the updates so far, and what has to be written.
pub(in crate::storage) struct Changes {
    found: Found,
    /// What was answered under the keys that the updates carry, by requests before and by updates of this group.
    kept: HashMap<FullKey, StoredAnswer>,
    changed: HashSet<ProfileKey>,
    events: Vec<(OrganizationId, Event)>,
    answers: Vec<Record>,
    outbox: Outbox,
}

impl Changes {
    /// None yet.
    pub(in crate::storage) fn new(found: Found, kept: HashMap<FullKey, StoredAnswer>, outbox: Outbox) -> Self {
        Self { found, kept, changed: HashSet::new(), events: Vec::new(), answers: Vec::new(), outbox }
    }

    /// Applies `update` to what the ones before it left. One that fails changes nothing.
    pub(in crate::storage) fn apply(&mut self, update: &Update) -> Result<RequestOutcome<Profile>> {
        let full_key = update.idempotency.as_ref().map(|asked| (update.organization, asked.key.clone()));
        if let (Some(asked), Some(full_key)) = (&update.idempotency, &full_key)
            && let Some(kept) = self.kept.get(full_key)
        {
            return kept.replay(asked.fingerprint);
        }
        let before = self.before(update)?;
        let patched = before.patched(&update.patch, update.now)?;
        let changed = patched.as_ref().map(|after| EventDetails::Updated(after.changed_fields(before)));
        let after = patched.unwrap_or_else(|| before.clone());
        // All that can fail comes before the first change of `self`.
        let asked = update.idempotency.as_ref();
        let record = asked.map(|asked| record_of(update.organization, &after, update.now, asked)).transpose()?;
        if let (Some(record), Some(full_key)) = (record, full_key) {
            self.kept.insert(full_key, record.kept.clone());
            self.answers.push(record);
        }
        if let Some(changed) = changed {
            let key = (update.organization, update.id);
            self.events.push((update.organization, self.outbox.event(update.id, changed, after.updated_at)));
            self.found.insert(key, Ok(after.clone()));
            self.changed.insert(key);
        }
        Ok(RequestOutcome::Done(after))
    }

    /// The profile as the updates before `update` left it.
    fn before(&self, update: &Update) -> Result<&Profile> {
        match self.found.get(&(update.organization, update.id)) {
            Some(Ok(before)) => Ok(before),
            Some(Err(error)) => Err(error.duplicate()),
            None => Err(profile_not_found()),
        }
    }

    /// Writes what there is to write; `false` where somebody else took a key meanwhile: then all of it must be taken back.
    pub(in crate::storage) async fn save(self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        if self.changed.is_empty() && self.answers.is_empty() {
            return Ok(true);
        }
        let after = self.changed.iter().filter_map(|key| Some((key.0, self.found.get(key)?.as_ref().ok()?)));
        let after: Vec<_> = after.collect();
        let wanted = self.answers.len();
        let kept = save(connection, &after, RecordColumns::of(self.answers)).await?;
        outbox::append(connection, &self.events).await?;
        Ok(kept == wanted)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::domain::Error;
    use crate::domain::change::Change;
    use crate::domain::clock::Timestamp;
    use crate::domain::id::{ProfileId, RandomIds};
    use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey};
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
        assert!(changes.changed.is_empty() && changes.events.is_empty() && changes.answers.is_empty());
        assert!(changes.kept.is_empty());
    }
}
