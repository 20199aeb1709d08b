//! The changes that a batch of updates makes to locked profiles.

use std::collections::{BTreeMap, HashMap};

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::calls::Update;
use super::read::{Found, profile_not_found};
use super::read_for_update::{Before, RowVersion};
use super::row::ProfileKey;
use super::save::{UpdateColumns, UpdateEvent, save};
use crate::domain::Result;
use crate::domain::event::EventDetails;
use crate::domain::history::HistoryDetail;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::{Profile, ProfileUpdate};
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records::{FullKey, IdempotencyRecord, RecordColumns, StoredAnswer};

/// The profiles after the updates so far, and what has to be saved.
pub(super) struct Changes {
    found: Found,
    /// The answers under the keys of the updates, to earlier requests and to updates of this batch.
    stored: HashMap<FullKey, StoredAnswer>,
    /// As they were read: the profiles that changed.
    before: HashMap<ProfileKey, Profile>,
    versions: HashMap<ProfileKey, RowVersion>,
    /// The profiles that changed or that a record is about, in the order in which rows are locked.
    written: BTreeMap<(Uuid, Uuid), ProfileKey>,
    events: Vec<UpdateEvent>,
    /// The profile before each update, if the history holds values.
    images: Vec<(OrganizationId, Profile)>,
    records: Vec<IdempotencyRecord>,
    outbox: Outbox,
    history: HistoryDetail,
}

impl Changes {
    pub(super) fn new(before: Before, outbox: Outbox, history: HistoryDetail) -> Self {
        let Before { found, versions, records: stored } = before;
        let (before, written) = (HashMap::new(), BTreeMap::new());
        let (events, images, records) = (Vec::new(), Vec::new(), Vec::new());
        Self { found, stored, before, versions, written, events, images, records, outbox, history }
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
        let ProfileUpdate { patch, condition, by, now } = &update.request;
        condition.check(before.revision)?;
        let patched = before.patched(patch, *now)?;
        let changed = patched.as_ref().map(|after| EventDetails::Updated(after.changed_fields(before)));
        let after = patched.unwrap_or_else(|| before.clone());
        // All that can fail comes before the first change of `self`.
        let record = idempotency
            .map(|idempotency| IdempotencyRecord::of_profile(update.organization, &after, *now, idempotency));
        let record = record.transpose()?;
        let key = (update.organization, update.id);
        if record.is_some() || changed.is_some() {
            self.written.insert((key.0.uuid(), key.1.uuid()), key);
        }
        if let (Some(record), Some(full_key)) = (record, full_key) {
            self.stored.insert(full_key, record.stored.clone());
            self.records.push(record);
        }
        if let Some(changed) = changed {
            let event = self.outbox.event(update.id, changed, after.updated_at);
            self.events.push(UpdateEvent { organization: key.0, event, by: *by, revision: after.revision });
            if let Some(Ok(before)) = self.found.insert(key, Ok(after.clone())) {
                if self.history == HistoryDetail::Values {
                    self.images.push((key.0, before.clone()));
                }
                self.before.entry(key).or_insert(before);
            }
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

    /// Saves the changes, all or none.
    ///
    /// # Errors
    /// Those of [`save`].
    pub(super) async fn save(self, connection: &mut PgConnection) -> sqlx::Result<()> {
        if self.written.is_empty() {
            return Ok(());
        }
        let mut columns = UpdateColumns::new(RecordColumns::of(self.records));
        for key in self.written.values() {
            columns.add_written(*key, self.versions.get(key).copied());
            if let (Some(before), Some(Ok(after))) = (self.before.get(key), self.found.get(key)) {
                columns.add_changed(key.0, before, after);
            }
        }
        for event in &self.events {
            columns.add_event(event);
        }
        for (organization, before) in &self.images {
            columns.add_image(*organization, before);
        }
        save(connection, columns).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::domain::Error;
    use crate::domain::clock::Timestamp;
    use crate::domain::id::{ApiKeyId, ProfileId, RandomIds};
    use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey};
    use crate::domain::profile::change::Change;
    use crate::domain::profile::{ProfileDraft, ProfilePatch, RevisionCondition};
    use crate::domain::text::{DisplayName, Text};

    #[test]
    fn an_update_whose_answer_cannot_be_serialized_changes_nothing() {
        let (organization, id) = (OrganizationId::new(Uuid::nil()), ProfileId::new(Uuid::nil()));
        let profile = ProfileDraft::default().into_profile(id, Timestamp::UNIX_EPOCH);
        let found = HashMap::from([((organization, id), Ok(profile))]);
        let before = Before { found, ..Before::default() };
        let outbox = Outbox::new(Arc::new(RandomIds::default()));
        let mut changes = Changes::new(before, outbox, HistoryDetail::Values);
        let update = Update {
            organization,
            id,
            request: ProfileUpdate {
                patch: ProfilePatch {
                    name: Change::Set(DisplayName::parse("Acme".to_owned()).unwrap()),
                    ..ProfilePatch::default()
                },
                condition: RevisionCondition::Any,
                by: ApiKeyId::new(Uuid::nil()),
                now: Timestamp::UNIX_EPOCH,
            },
            idempotency: Some(Idempotency {
                key: IdempotencyKey::parse(b"key").unwrap(),
                fingerprint: Fingerprint::of(&[]),
                answer: Arc::new(|_| Err(Error::internal("not serializable"))),
            }),
        };
        assert!(changes.apply(&update).is_err());
        assert!(
            changes.before.is_empty()
                && changes.written.is_empty()
                && changes.events.is_empty()
                && changes.images.is_empty()
                && changes.records.is_empty()
        );
        assert!(changes.stored.is_empty());
    }
}
