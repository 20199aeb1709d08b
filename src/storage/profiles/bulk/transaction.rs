//! The transaction of a batch.

use std::collections::{BTreeSet, HashSet};

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::answers::{replay, store};
use super::parts::write_in_parts;
use super::writes::{CreateWriter, UpdateWriter};
use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::history::HistoryDetail;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::idempotency::{KeyedRequest, RequestOutcome};
use crate::domain::profile::batch::{BatchAnswer, BatchPace, BatchWrite, ProfileBatch};
use crate::domain::profile::{Profile, ProfileUpdate, RevisionCondition};
use crate::domain::{Error, Result};
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::insert::insert;
use crate::storage::idempotency::records::IdempotencyRecord;
use crate::storage::pool::error::{StorageError, canceled};
use crate::storage::profiles::PgProfiles;
use crate::storage::profiles::calls::Update;
use crate::storage::profiles::insert::NewProfile;
use crate::storage::profiles::lock::{WhenLocked, lock_all};

/// How many results are added to the answer before other tasks of the thread have their turn.
const RESULTS_PER_TURN: usize = 64;

impl PgProfiles {
    /// Does `batch` in one transaction.
    ///
    /// # Errors
    /// Those of the port.
    pub(in crate::storage::profiles) async fn write_batch(
        &self,
        organization: OrganizationId,
        batch: ProfileBatch,
        request: Option<KeyedRequest>,
        answer: Box<dyn BatchAnswer>,
    ) -> Result<RequestOutcome<Vec<u8>>> {
        let ProfileBatch { writes, by, now, pace } = batch;
        let (outbox, history) = (self.outbox.clone(), self.history);
        let context = BatchContext { organization, by, now, pace, outbox, history };
        let limit = self.pool.work_limit();
        self.pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let work = context.write(&mut transaction, writes, request, answer);
                    let outcome = match tokio::time::timeout(limit, work).await {
                        Ok(outcome) => outcome.map_err(StorageError::before_commit)?,
                        Err(elapsed) => return Err(canceled().caused_by(elapsed).into()),
                    };
                    transaction.commit().await?;
                    Ok(outcome)
                })
            })
            .await
    }
}

/// What all writes of a batch have in common.
struct BatchContext {
    organization: OrganizationId,
    by: ApiKeyId,
    now: Timestamp,
    pace: BatchPace,
    outbox: Outbox,
    history: HistoryDetail,
}

/// The writes of a batch by kind, and where the results of each kind belong.
#[derive(Default)]
struct SortedWrites {
    creates: Vec<NewProfile>,
    updates: Vec<Update>,
    places: Vec<Place>,
}

/// Where the result at a place of the answer comes from.
enum Place {
    Refused(Error),
    Create,
    Update,
}

impl BatchContext {
    async fn write(
        self,
        connection: &mut PgConnection,
        writes: Vec<Result<BatchWrite>>,
        request: Option<KeyedRequest>,
        mut answer: Box<dyn BatchAnswer>,
    ) -> std::result::Result<RequestOutcome<Vec<u8>>, StorageError> {
        let SortedWrites { creates, updates, places } = self.sorted(writes);
        // The profiles are locked before the key is claimed, as updates do: the other order would deadlock with them.
        let keys: HashSet<_> = updates.iter().map(|update| (self.organization, update.id)).collect();
        if !keys.is_empty() {
            lock_all(connection, &keys, WhenLocked::Wait).await?;
        }
        if let Some(request) = &request {
            let (organization, key) = (self.organization, request.key.clone());
            let claim = IdempotencyRecord::claim(organization, key, request.fingerprint, None, self.now);
            if !insert(connection, claim).await? {
                return replay(connection, organization, request, self.now, answer.as_mut()).await;
            }
        }
        let created = write_in_parts(connection, CreateWriter, &creates, self.pace).await?;
        let update_writer =
            UpdateWriter { now: self.now, outbox: self.outbox.clone(), history: self.history, answer: answer.as_mut() };
        let updated = write_in_parts(connection, update_writer, &updates, self.pace).await?;
        drop(updates);
        let created = creates.into_iter().zip(created).map(|(new, outcome)| outcome.map(|()| new.profile));
        let results = in_request_order(places, created, updated)?;
        let shown: BTreeSet<_> = results.iter().flatten().map(|profile| profile.id.uuid()).collect();
        let bytes = written(answer, results).await?;
        if let Some(request) = &request {
            store(connection, self.organization, request, self.now, shown.into_iter().collect(), &bytes).await?;
        }
        Ok(RequestOutcome::Done(bytes))
    }

    fn sorted(&self, writes: Vec<Result<BatchWrite>>) -> SortedWrites {
        let (organization, by, now) = (self.organization, self.by, self.now);
        let mut sorted = SortedWrites::default();
        for write in writes {
            let place = match write {
                Err(refused) => Place::Refused(refused),
                Ok(BatchWrite::Create(profile)) => {
                    let event = self.outbox.event(profile.id, EventDetails::Created, profile.created_at);
                    sorted.creates.push(NewProfile { organization, profile: *profile, event, by });
                    Place::Create
                }
                Ok(BatchWrite::Update(id, patch)) => {
                    let condition = RevisionCondition::Any;
                    let update = ProfileUpdate { patch: *patch, condition, by, now };
                    sorted.updates.push(Update { organization, id, request: update, idempotency: None });
                    Place::Update
                }
            };
            sorted.places.push(place);
        }
        sorted
    }
}

fn in_request_order(
    places: Vec<Place>,
    created: impl IntoIterator<Item = Result<Profile>>,
    updated: impl IntoIterator<Item = Result<Profile>>,
) -> Result<Vec<Result<Profile>>> {
    let (mut created, mut updated) = (created.into_iter(), updated.into_iter());
    let result = |place| match place {
        Place::Refused(refused) => Some(Err(refused)),
        Place::Create => created.next(),
        Place::Update => updated.next(),
    };
    let results: Option<_> = places.into_iter().map(result).collect();
    results.ok_or_else(|| Error::internal("a write of a batch without a result"))
}

/// The bytes of `answer` with `results`.
async fn written(mut answer: Box<dyn BatchAnswer>, results: Vec<Result<Profile>>) -> Result<Vec<u8>> {
    answer.begin(&results);
    for (index, result) in results.into_iter().enumerate() {
        answer.add(result)?;
        if index % RESULTS_PER_TURN == RESULTS_PER_TURN - 1 {
            tokio::task::yield_now().await;
        }
    }
    answer.finish()
}
