//! How batches of updates are done: read, applied in Rust, and saved if nothing has changed since; under locks if something has.
//!
//! Without locks an update takes two round trips: read, and save if the rows are still those that were read. A batch that lost a race is done once
//! more with its profiles locked first, which takes five, so that a profile that others change all the time is updated too.

use std::collections::HashSet;
use std::sync::Arc;

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::calls::{BatchOutcome, Update, UpdateOutcomes};
use super::changes::Changes;
use super::lock::{WhenLocked, lock_all};
use super::read_for_update::read_for_update;
use super::repository::PgProfiles;
use super::save::is_stale;
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::history::HistoryDetail;
use crate::domain::idempotency::RequestOutcome;
use crate::domain::profile::Profile;
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records::record_vanished;
use crate::storage::pool::error::{StorageError, contended};

/// How many times a batch is attempted under locks: another transaction may take one of its idempotency keys meanwhile.
const MOST_LOCKED_ATTEMPTS: usize = 3;

/// `None`: nothing was changed, since what was read has changed.
type Attempt = std::result::Result<Option<UpdateOutcomes>, StorageError>;

impl PgProfiles {
    /// Applies `updates` in their order, in one transaction; one that breaks a rule changes nothing and fails alone. One whose profile is
    /// locked by another transaction is deferred.
    pub(in crate::storage) async fn update_many(&self, updates: Vec<Update>) -> Result<UpdateOutcomes> {
        self.update_all(updates, WhenLocked::Skip).await
    }

    /// Applies one update, by itself: waits if its profile is locked by another transaction.
    pub(in crate::storage) async fn update_alone(&self, update: Update) -> Result<RequestOutcome<Profile>> {
        let _share = self.pool.share(update.organization).await?;
        match self.update_all(vec![update], WhenLocked::Wait).await?.pop() {
            Some(BatchOutcome::Done(outcome)) => outcome,
            Some(BatchOutcome::Deferred) | None => Err(contended()),
        }
    }

    async fn update_all(&self, updates: Vec<Update>, when_locked: WhenLocked) -> Result<UpdateOutcomes> {
        let Some(now) = updates.iter().map(|update| update.request.now).max() else { return Ok(Vec::new()) };
        let updates: Arc<[Update]> = updates.into();
        let (outbox, history, unlocked) = (self.outbox.clone(), self.history, Arc::clone(&updates));
        let attempt =
            self.pool.run(move |connection| Box::pin(unlocked_attempt(connection, unlocked, now, outbox, history)));
        if let Some(outcomes) = attempt.await? {
            return Ok(outcomes);
        }
        for _ in 0..MOST_LOCKED_ATTEMPTS {
            self.pool.count_lost_race();
            let (outbox, locked) = (self.outbox.clone(), Arc::clone(&updates));
            let attempt = self
                .pool
                .run(move |connection| Box::pin(locked_attempt(connection, locked, now, outbox, history, when_locked)));
            if let Some(outcomes) = attempt.await? {
                return Ok(outcomes);
            }
        }
        Err(record_vanished())
    }
}

async fn unlocked_attempt(
    connection: &mut PgConnection,
    updates: Arc<[Update]>,
    now: Timestamp,
    outbox: Outbox,
    history: HistoryDetail,
) -> Attempt {
    let before = read_for_update(connection, &updates, now).await.map_err(nothing_done)?;
    let mut changes = Changes::new(before, outbox, history);
    let outcomes = updates.iter().map(|update| BatchOutcome::Done(changes.apply(update))).collect();
    saved(changes.save(connection).await, outcomes)
}

async fn locked_attempt(
    connection: &mut PgConnection,
    updates: Arc<[Update]>,
    now: Timestamp,
    outbox: Outbox,
    history: HistoryDetail,
    when_locked: WhenLocked,
) -> Attempt {
    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
    let keys: HashSet<_> = updates.iter().map(|update| (update.organization, update.id)).collect();
    let locked = lock_all(&mut transaction, &keys, when_locked).await?;
    // A statement of its own: it has to see what was committed while the locks were awaited.
    let before = read_for_update(&mut transaction, &updates, now).await?;
    let mut changes = Changes::new(before, outbox, history);
    let outcome = |update: &Update| {
        let key = (update.organization, update.id);
        let is_skipped = !locked.contains_key(&key) && changes.exists(key);
        if is_skipped { BatchOutcome::Deferred } else { BatchOutcome::Done(changes.apply(update)) }
    };
    let outcomes = updates.iter().map(outcome).collect();
    let attempt = saved(changes.save(&mut transaction).await, outcomes)?;
    if attempt.is_some() {
        transaction.commit().await?;
    }
    Ok(attempt)
}

fn saved(saved: sqlx::Result<()>, outcomes: UpdateOutcomes) -> Attempt {
    match saved {
        Ok(()) => Ok(Some(outcomes)),
        Err(error) if is_stale(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A read that failed before the save: that nothing was changed is certain.
fn nothing_done(failure: StorageError) -> StorageError {
    match failure {
        StorageError::Database(error) => StorageError::NotBegun(error),
        other => other,
    }
}
