//! A decorator that batches concurrent calls: they queue, and a flusher serves all that are waiting in one transaction. There is no timer,
//! and a call that comes alone skips the queue, so that an idle service is as quick as without batching.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use tracing::{Instrument, debug_span};

use super::metrics::BatchMetrics;
use super::queue::{BatchOperation, BatchQueue, BatchSettings, Job};
use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, KeyedRequest, RequestOutcome};
use crate::domain::profile::batch::{BatchAnswer, ProfileBatch};
use crate::domain::profile::list::{ProfilePage, ProfileQuery};
use crate::domain::profile::{Profile, ProfileUpdate, RevisionCondition};
use crate::domain::repository::ProfileRepository;
use crate::metrics::Registry;
use crate::storage::profiles::PgProfiles;
use crate::storage::profiles::calls::{BatchOutcome, Create, Created, Update, UpdateOutcomes};
use crate::storage::profiles::find::LookUp;
use crate::storage::profiles::read::profile_not_found;

/// How many flushers serve creates, and retrieves. Calls that arrive during a transaction form the next batch, and larger batches cost less: with
/// one and two, 64 connections made 19,100 and 15,700 creates a second (p99 5.3 and 6.7 ms) and 35,600 and 33,000 retrieves, on two cores with
/// Postgres and load; of 10 million profiles, 29,200 and 26,800 retrieves.
const FLUSHERS: usize = 1;

/// How many creates have to wait for a second transaction to begin beside the first, which may be waiting for the disk: two of as many rows make
/// 1.05 to 1.10 times as many creates a second from 64 connections, and 1.25 times as many from 256. With 8 and 32 instead of 24, 64 connections
/// made 0.97 and 1.03 times as many. For retrieves, which wait for no disk, a second one costs up to 0.16 of the rate.
const CROWD_OF_CREATES: usize = 24;

/// How many transactions of updates run at once: one that waits for a row lock must not block the rest. One and two made equally many
/// updates a second.
const UPDATE_FLUSHERS: usize = 2;

/// [`ProfileRepository`] that batches creates, retrieves, updates and look-ups by one external id. A call is answered after the commit of its batch, never before.
pub struct BatchingProfiles {
    inner: PgProfiles,
    creates: Arc<BatchQueue<Creates>>,
    retrieves: Arc<BatchQueue<Retrieves>>,
    updates: Arc<BatchQueue<Updates>>,
    look_ups: Arc<BatchQueue<LookUps>>,
}

impl BatchingProfiles {
    /// Batches calls to `inner`. The flushers run on the current runtime.
    #[must_use]
    pub fn new(inner: PgProfiles, settings: BatchSettings, registry: &Registry) -> Self {
        let metrics = BatchMetrics::new(registry);
        Self {
            creates: BatchQueue::start(Creates(inner.clone()), settings, metrics.queue("create")),
            retrieves: BatchQueue::start(Retrieves(inner.clone()), settings, metrics.queue("retrieve")),
            updates: BatchQueue::start(Updates(inner.clone()), settings, metrics.queue("update")),
            look_ups: BatchQueue::start(LookUps(inner.clone()), settings, metrics.queue("look_up")),
            inner,
        }
    }
}

#[async_trait]
impl ProfileRepository for BatchingProfiles {
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        by: ApiKeyId,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        let create = Create { organization, profile, by, idempotency };
        let span = debug_span!("profiles.create", organization.id = %organization);
        let store = async |create| self.creates.call(organization, create).await;
        self.inner.create_once(create, store).instrument(span).await
    }

    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        let span = debug_span!("profiles.retrieve", organization.id = %organization);
        self.retrieves.call(organization, (id, now)).instrument(span).await
    }

    async fn list(&self, organization: OrganizationId, query: ProfileQuery, now: Timestamp) -> Result<ProfilePage> {
        match LookUp::of(organization, &query, now) {
            Some(look_up) => {
                let span = debug_span!("profiles.look_up", organization.id = %organization);
                self.look_ups.call(organization, look_up).instrument(span).await
            }
            None => self.inner.list(organization, query, now).await,
        }
    }

    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        update: ProfileUpdate,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        let span = debug_span!("profiles.update", organization.id = %organization);
        let update = Update { organization, id, request: update, idempotency };
        self.updates.call(organization, update).instrument(span).await
    }

    async fn batch(
        &self,
        organization: OrganizationId,
        batch: ProfileBatch,
        request: Option<KeyedRequest>,
        answer: Box<dyn BatchAnswer>,
    ) -> Result<RequestOutcome<Vec<u8>>> {
        self.inner.batch(organization, batch, request, answer).await
    }

    async fn delete(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        condition: RevisionCondition,
        now: Timestamp,
    ) -> Result<()> {
        self.inner.delete(organization, id, condition, now).await
    }
}

struct Creates(PgProfiles);

impl BatchOperation for Creates {
    type Input = Create;
    type Output = Created;

    const FLUSHERS: usize = FLUSHERS;
    const CROWD: Option<usize> = Some(CROWD_OF_CREATES);
    const SKIPS_QUEUE: bool = true;

    fn bytes(create: &Create) -> usize {
        create.bytes()
    }

    async fn flush(&self, jobs: &[Job<Self>]) -> Result<Vec<BatchOutcome<Created>>> {
        Ok(self.0.create_many(inputs(jobs)).await?.into_iter().map(BatchOutcome::Done).collect())
    }

    async fn serve(&self, _: OrganizationId, create: Create) -> Result<Created> {
        self.0.create_alone(create).await
    }
}

struct Retrieves(PgProfiles);

impl BatchOperation for Retrieves {
    type Input = (ProfileId, Timestamp);
    type Output = Profile;

    const FLUSHERS: usize = FLUSHERS;
    const CROWD: Option<usize> = None;
    const SKIPS_QUEUE: bool = true;

    fn bytes(input: &Self::Input) -> usize {
        size_of_val(input)
    }

    async fn flush(&self, jobs: &[Job<Self>]) -> Result<Vec<BatchOutcome<Profile>>> {
        let keys: HashSet<_> = jobs.iter().map(|job| (job.organization, job.input.0)).collect();
        let are_distinct = keys.len() == jobs.len();
        // The batch reads as of its latest call.
        let Some(now) = jobs.iter().map(|job| job.input.1).max() else { return Ok(Vec::new()) };
        let mut found = self.0.retrieve_many(keys, now).await?;
        let outcome = |job: &Job<Self>| {
            let key = (job.organization, job.input.0);
            let profile = if are_distinct { found.remove(&key) } else { found.get(&key).map(cloned_result) };
            BatchOutcome::Done(profile.unwrap_or_else(|| Err(profile_not_found())))
        };
        Ok(jobs.iter().map(outcome).collect())
    }

    async fn serve(&self, organization: OrganizationId, (id, now): (ProfileId, Timestamp)) -> Result<Profile> {
        self.0.retrieve_alone(organization, id, now).await
    }
}

struct LookUps(PgProfiles);

impl BatchOperation for LookUps {
    type Input = LookUp;
    type Output = ProfilePage;

    const FLUSHERS: usize = FLUSHERS;
    const CROWD: Option<usize> = None;
    const SKIPS_QUEUE: bool = true;

    fn bytes(look_up: &LookUp) -> usize {
        look_up.bytes()
    }

    async fn flush(&self, jobs: &[Job<Self>]) -> Result<Vec<BatchOutcome<ProfilePage>>> {
        let Some(now) = jobs.iter().map(|job| job.input.now).max() else { return Ok(Vec::new()) };
        self.0.look_up_many(inputs(jobs), now).await
    }

    async fn serve(&self, organization: OrganizationId, look_up: LookUp) -> Result<ProfilePage> {
        let now = look_up.now;
        self.0.list_alone(organization, look_up.into_query(), now).await
    }
}

struct Updates(PgProfiles);

impl BatchOperation for Updates {
    type Input = Update;
    type Output = RequestOutcome<Profile>;

    const FLUSHERS: usize = UPDATE_FLUSHERS;
    // A second transaction could do updates of one profile in another order than their calls.
    const CROWD: Option<usize> = None;
    // It skips an empty queue of which no transaction runs, so it overtakes no earlier update of the same profile, whose flusher is the same.
    const SKIPS_QUEUE: bool = true;

    fn bytes(update: &Update) -> usize {
        update.bytes()
    }

    /// Updates of one profile have one flusher, so that the flushers do not wait for each other's locks, and the order is that of the calls.
    fn flusher(update: &Update) -> usize {
        usize::from(update.id.uuid().as_bytes()[15]) % UPDATE_FLUSHERS
    }

    async fn flush(&self, jobs: &[Job<Self>]) -> Result<UpdateOutcomes> {
        self.0.update_many(inputs(jobs)).await
    }

    async fn serve(&self, _: OrganizationId, update: Update) -> Result<RequestOutcome<Profile>> {
        self.0.update_alone(update).await
    }
}

fn inputs<O: BatchOperation<Input: Clone>>(jobs: &[Job<O>]) -> Vec<O::Input> {
    jobs.iter().map(|job| job.input.clone()).collect()
}

fn cloned_result(found: &Result<Profile>) -> Result<Profile> {
    match found {
        Ok(profile) => Ok(profile.clone()),
        Err(error) => Err(error.duplicate()),
    }
}
