//! What a group of updates makes of the profiles that it has locked.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgConnection;

use super::repository::{Found, Update, answer_of, profile_not_found};
use super::row::ProfileKey;
use super::write;
use crate::domain::Result;
use crate::domain::event::{Event, EventDetails};
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::Profile;
use crate::storage::events::outbox;
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records;
use crate::storage::idempotency::records::{FullKey, Record, StoredAnswer};

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
        let after = self.patched(update)?;
        if let (Some(asked), Some(full_key)) = (&update.idempotency, full_key) {
            let record = answer_of(update.organization, &after, update.now, asked);
            self.kept.insert(full_key, record.kept.clone());
            self.answers.push(record);
        }
        Ok(RequestOutcome::Done(after))
    }

    fn patched(&mut self, update: &Update) -> Result<Profile> {
        let key = (update.organization, update.id);
        let before = match self.found.get(&key) {
            Some(Ok(before)) => before,
            Some(Err(error)) => return Err(error.duplicate()),
            None => return Err(profile_not_found()),
        };
        let Some(after) = before.patched(&update.patch, update.now)? else { return Ok(before.clone()) };
        let changed = EventDetails::Updated(after.changed_fields(before));
        self.events.push((update.organization, self.outbox.event(update.id, changed, after.updated_at)));
        self.found.insert(key, Ok(after.clone()));
        self.changed.insert(key);
        Ok(after)
    }

    /// Writes what there is to write; `false` where somebody else took a key meanwhile: then all of it must be taken back.
    pub(in crate::storage) async fn save(self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        if self.changed.is_empty() && self.answers.is_empty() {
            return Ok(true);
        }
        let after = self.changed.iter().filter_map(|key| Some((key.0, self.found.get(key)?.as_ref().ok()?)));
        let after: Vec<_> = after.collect();
        let wanted = self.answers.len();
        let kept = write::save(connection, &after, records::RecordColumns::of(self.answers)).await?;
        outbox::append(connection, &self.events).await?;
        Ok(kept == wanted)
    }
}
