//! The repository of profiles. A single create, retrieve or update is a batch of one.

use std::collections::HashSet;

use async_trait::async_trait;
use sqlx::Connection;

use super::calls::{BatchOutcome, Create, Created, Update};
use super::erase::erase;
use super::find::{LookUp, look_up};
use super::insert::{NewProfile, insert};
use super::list;
use super::lock::lock_existing;
use super::read::{Found, profile_not_found, read};
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::history::HistoryDetail;
use crate::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, KeyedRequest, RequestOutcome};
use crate::domain::profile::batch::{BatchAnswer, ProfileBatch};
use crate::domain::profile::list::{ProfilePage, ProfileQuery};
use crate::domain::profile::{Profile, ProfileUpdate, RevisionCondition};
use crate::domain::repository::ProfileRepository;
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records::{IdempotencyRecord, RecordColumns};
use crate::storage::idempotency::replay::replay;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;

/// [`ProfileRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgProfiles {
    pub(super) pool: Pool,
    pub(super) outbox: Outbox,
    pub(super) history: HistoryDetail,
}

impl PgProfiles {
    /// The profiles in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox, history: HistoryDetail::Names }
    }

    /// With the `history` that updates leave.
    #[must_use]
    pub fn with_history(self, history: HistoryDetail) -> Self {
        Self { history, ..self }
    }

    /// Stores the profiles of those `creates` whose idempotency key is free, in one transaction.
    ///
    /// # Errors
    /// Those of [`ProfileRepository::create`]; nothing was stored.
    pub(in crate::storage) async fn create_many(&self, creates: Vec<Create>) -> Result<Vec<Result<Created>>> {
        let mut new = Vec::with_capacity(creates.len());
        let mut records = Vec::new();
        for Create { organization, profile, by, idempotency } in creates {
            if let Some(idempotency) = idempotency {
                let now = profile.created_at;
                records.push(IdempotencyRecord::of_profile(organization, &profile, now, &idempotency)?);
            }
            let event = self.outbox.event(profile.id, EventDetails::Created, profile.created_at);
            new.push(NewProfile { organization, profile, event, by });
        }
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let replayed = insert(connection, &new, RecordColumns::of(records)).await?;
                    let outcome = |NewProfile { organization, profile, .. }| {
                        let is_replay = replayed.contains(&(organization, profile.id));
                        Ok(if is_replay { None } else { Some(profile) })
                    };
                    Ok(new.into_iter().map(outcome).collect())
                })
            })
            .await
    }

    /// Passes `create` to `store`, and replays the stored answer if the idempotency key is taken.
    pub(in crate::storage) async fn create_once(
        &self,
        create: Create,
        store: impl AsyncFnOnce(Create) -> Result<Created>,
    ) -> Result<RequestOutcome<Profile>> {
        let (organization, now) = (create.organization, create.profile.created_at);
        let key = create.idempotency.as_ref().map(|idempotency| (idempotency.key.clone(), idempotency.fingerprint));
        match (store(create).await?, key) {
            (Some(profile), _) => Ok(RequestOutcome::Done(profile)),
            // A query of its own, after the batch was answered: a failure concerns this call only.
            (None, Some((key, fingerprint))) => {
                self.pool
                    .of(organization)
                    .read(move |connection| {
                        Box::pin(async move { replay(connection, organization, &key, fingerprint, now).await })
                    })
                    .await
            }
            (None, None) => Err(Error::internal("a create without a key was replayed")),
        }
    }

    /// The profiles with `keys` that exist, as of `now`.
    pub(in crate::storage) async fn retrieve_many(&self, keys: HashSet<ProfileKey>, now: Timestamp) -> Result<Found> {
        self.pool.read(move |connection| Box::pin(async move { Ok(read(connection, &keys, now).await?) })).await
    }

    /// The pages of `look_ups` as of `now`; one that is too long for a look-up is deferred.
    pub(in crate::storage) async fn look_up_many(
        &self,
        look_ups: Vec<LookUp>,
        now: Timestamp,
    ) -> Result<Vec<BatchOutcome<ProfilePage>>> {
        self.pool.read(move |connection| Box::pin(async move { Ok(look_up(connection, &look_ups, now).await?) })).await
    }

    /// Reads one profile, by itself.
    pub(in crate::storage) async fn retrieve_alone(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        now: Timestamp,
    ) -> Result<Profile> {
        let _share = self.pool.share(organization).await?;
        let key = (organization, id);
        let mut found = self.retrieve_many(HashSet::from([key]), now).await?;
        found.remove(&key).unwrap_or_else(|| Err(profile_not_found()))
    }

    /// Reads one page, by itself.
    pub(in crate::storage) async fn list_alone(
        &self,
        organization: OrganizationId,
        query: ProfileQuery,
        now: Timestamp,
    ) -> Result<ProfilePage> {
        let is_search = !query.filter.is_empty();
        self.pool
            .of(organization)
            .read(move |connection| Box::pin(async move { list::page(connection, organization, &query, now).await }))
            .await
            .map_err(|error| if is_search { not_found_in_time(error) } else { error })
    }

    /// Stores one profile, by itself.
    pub(in crate::storage) async fn create_alone(&self, create: Create) -> Result<Created> {
        let _share = self.pool.share(create.organization).await?;
        single(self.create_many(vec![create]).await?)
    }
}

#[async_trait]
impl ProfileRepository for PgProfiles {
    #[tracing::instrument(level = "debug", name = "profiles.create", skip_all, fields(organization.id = %organization))]
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        by: ApiKeyId,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        let create = Create { organization, profile, by, idempotency };
        self.create_once(create, async |create| self.create_alone(create).await).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.retrieve", skip_all, fields(organization.id = %organization))]
    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        self.retrieve_alone(organization, id, now).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.list", skip_all, fields(organization.id = %organization))]
    async fn list(&self, organization: OrganizationId, query: ProfileQuery, now: Timestamp) -> Result<ProfilePage> {
        self.list_alone(organization, query, now).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.update", skip_all, fields(organization.id = %organization))]
    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        update: ProfileUpdate,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        self.update_alone(Update { organization, id, request: update, idempotency }).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.batch", skip_all, fields(organization.id = %organization))]
    async fn batch(
        &self,
        organization: OrganizationId,
        batch: ProfileBatch,
        request: Option<KeyedRequest>,
        answer: Box<dyn BatchAnswer>,
    ) -> Result<RequestOutcome<Vec<u8>>> {
        self.write_batch(organization, batch, request, answer).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.delete", skip_all, fields(organization.id = %organization))]
    async fn delete(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        condition: RevisionCondition,
        now: Timestamp,
    ) -> Result<()> {
        let erased = self.outbox.event(id, EventDetails::Erased, now);
        self.pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    condition.check(lock_existing(&mut transaction, (organization, id)).await?)?;
                    // A statement of its own: it has to see what was committed while the lock was awaited.
                    erase(&mut transaction, (organization, id), erased).await?;
                    Ok(transaction.commit().await?)
                })
            })
            .await
    }
}

/// A filtered list goes on until something matches, the end, or the deadline of its statement. The search was long then, the service not slow.
fn not_found_in_time(error: Error) -> Error {
    match error.kind {
        ErrorKind::Canceled | ErrorKind::TimedOut => {
            let message = "The filters select too little of what has to be searched: nothing was found in time";
            Error::new(ErrorKind::Unavailable, message).caused_by(error)
        }
        _ => error,
    }
}

/// The outcome of a batch of one.
fn single<T>(outcomes: Vec<Result<T>>) -> Result<T> {
    outcomes.into_iter().next().unwrap_or_else(|| Err(Error::internal("a call without an outcome")))
}
