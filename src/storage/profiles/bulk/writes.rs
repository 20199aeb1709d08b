//! How the creates and the updates of a batch are written.

use sqlx::postgres::PgConnection;

use super::parts::{Outcomes, PartWriter};
use crate::domain::clock::Timestamp;
use crate::domain::history::HistoryDetail;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::Profile;
use crate::domain::profile::batch::BatchAnswer;
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records::RecordColumns;
use crate::storage::pool::error::{StorageError, contended};
use crate::storage::profiles::calls::Update;
use crate::storage::profiles::changes::Changes;
use crate::storage::profiles::insert::{NewProfile, insert};
use crate::storage::profiles::read_for_update::read_for_update;
use crate::storage::profiles::save::is_stale;

/// Inserts new profiles.
pub(super) struct CreateWriter;

impl PartWriter for CreateWriter {
    type Row = NewProfile;
    type Outcome = ();

    const PART_ROWS: usize = 500;

    fn bytes(new: &NewProfile) -> usize {
        new.profile.written_bytes()
    }

    async fn write(&mut self, connection: &mut PgConnection, new: &[NewProfile]) -> Outcomes<()> {
        insert(connection, new, RecordColumns::default()).await?;
        Ok(new.iter().map(|_| Ok(())).collect())
    }
}

/// Applies updates to profiles that the transaction has locked.
pub(super) struct UpdateWriter<'a> {
    pub(super) now: Timestamp,
    pub(super) outbox: Outbox,
    pub(super) history: HistoryDetail,
    /// Has the memory for the profiles that are read.
    pub(super) answer: &'a mut dyn BatchAnswer,
}

impl PartWriter for UpdateWriter<'_> {
    type Row = Update;
    type Outcome = Profile;

    /// A part holds its profiles several times, each of up to 43 KB.
    const PART_ROWS: usize = 50;

    fn bytes(update: &Update) -> usize {
        update.request.patch.written_bytes()
    }

    async fn write(&mut self, connection: &mut PgConnection, updates: &[Update]) -> Outcomes<Profile> {
        let before = read_for_update(connection, updates, self.now).await?;
        let mut changes = Changes::new(before, self.outbox.clone(), self.history);
        let outcomes: Vec<_> =
            updates.iter().map(|update| changes.apply(update).and_then(RequestOutcome::done)).collect();
        self.answer.reserve(outcomes.iter().flatten().map(Profile::written_bytes).sum())?;
        match changes.save(connection).await {
            Ok(()) => Ok(outcomes),
            // Another process inserted a profile with this id since the locks were taken.
            Err(error) if is_stale(&error) => Err(contended().into()),
            Err(error) => Err(StorageError::from(error)),
        }
    }
}
