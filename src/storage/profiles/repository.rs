//! The repository of profiles. A single create, retrieve or update is a batch of one.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Connection;

use super::calls::{BatchOutcome, Create, Created, Update, UpdateOutcomes};
use super::changes::Changes;
use super::erase::erase;
use super::insert::{NewProfile, insert};
use super::list;
use super::lock::lock_existing;
use super::lock_and_find_records::{LockedAndFound, WhenLocked, lock_and_find_records};
use super::read::{Found, profile_not_found, read};
use super::row::ProfileKey;
use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::profile::list::{ProfilePage, ProfileQuery};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::domain::repository::ProfileRepository;
use crate::domain::{Error, Result};
use crate::storage::events::outbox::{self, Outbox};
use crate::storage::idempotency::records::{IdempotencyRecord, RecordColumns, record_vanished};
use crate::storage::idempotency::replay::replay;
use crate::storage::pool::Pool;
use crate::storage::pool::error::StorageError;
use crate::storage::pool::error::contended;

/// [`ProfileRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgProfiles {
    pool: Pool,
    outbox: Outbox,
}

/// How many times a batch of updates is attempted: another transaction may take one of its idempotency keys meanwhile.
const MOST_ATTEMPTS: usize = 3;

impl PgProfiles {
    /// The profiles in the database of `pool`, whose events take their ids from `outbox`.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// Stores the profiles of those `creates` whose idempotency key is free, in one transaction.
    ///
    /// # Errors
    /// Those of [`ProfileRepository::create`]; nothing was stored.
    pub(in crate::storage) async fn create_many(&self, creates: Vec<Create>) -> Result<Vec<Result<Created>>> {
        let mut new = Vec::with_capacity(creates.len());
        let mut records = Vec::new();
        for Create { organization, profile, idempotency } in creates {
            if let Some(idempotency) = idempotency {
                let now = profile.created_at;
                records.push(IdempotencyRecord::of_profile(organization, &profile, now, &idempotency)?);
            }
            let event = self.outbox.event(profile.id, EventDetails::Created, profile.created_at);
            new.push(NewProfile { organization, profile, event });
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

    /// Stores one profile, by itself.
    pub(in crate::storage) async fn create_alone(&self, create: Create) -> Result<Created> {
        let _share = self.pool.share(create.organization).await?;
        single(self.create_many(vec![create]).await?)
    }

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
        let updates = Arc::new(updates);
        // A key that another transaction takes meanwhile is found at the next attempt.
        for _ in 0..MOST_ATTEMPTS {
            if let Some(outcomes) = self.try_update_all(Arc::clone(&updates), when_locked).await? {
                return Ok(outcomes);
            }
        }
        Err(record_vanished())
    }

    /// As [`PgProfiles::update_all`]; `None`, with nothing changed, if a key was taken meanwhile.
    async fn try_update_all(
        &self,
        updates: Arc<Vec<Update>>,
        when_locked: WhenLocked,
    ) -> Result<Option<UpdateOutcomes>> {
        let Some(now) = updates.iter().map(|update| update.now).max() else { return Ok(Some(Vec::new())) };
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let keys: HashSet<_> = updates.iter().map(|update| (update.organization, update.id)).collect();
                    let record_keys: Vec<_> = updates
                        .iter()
                        .filter_map(|update| Some((update.organization, update.idempotency.as_ref()?.key.clone())))
                        .collect();
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    let LockedAndFound { locked, records } =
                        lock_and_find_records(&mut transaction, &keys, when_locked, &record_keys, now).await?;
                    let found = read(&mut transaction, &keys, now).await?;
                    let mut changes = Changes::new(found, records, outbox);
                    let outcome = |update: &Update| {
                        let key = (update.organization, update.id);
                        let is_skipped = !locked.contains(&key) && changes.exists(key);
                        if is_skipped { BatchOutcome::Deferred } else { BatchOutcome::Done(changes.apply(update)) }
                    };
                    let outcomes = updates.iter().map(outcome).collect();
                    if changes.save(&mut transaction).await? {
                        transaction.commit().await?;
                        Ok(Some(outcomes))
                    } else {
                        Ok(None)
                    }
                })
            })
            .await
    }
}

#[async_trait]
impl ProfileRepository for PgProfiles {
    #[tracing::instrument(level = "debug", name = "profiles.create", skip_all, fields(organization.id = %organization))]
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        let create = Create { organization, profile, idempotency };
        self.create_once(create, async |create| self.create_alone(create).await).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.retrieve", skip_all, fields(organization.id = %organization))]
    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        let _share = self.pool.share(organization).await?;
        let key = (organization, id);
        let mut found = self.retrieve_many(HashSet::from([key]), now).await?;
        found.remove(&key).unwrap_or_else(|| Err(profile_not_found()))
    }

    #[tracing::instrument(level = "debug", name = "profiles.list", skip_all, fields(organization.id = %organization))]
    async fn list(&self, organization: OrganizationId, query: ProfileQuery, now: Timestamp) -> Result<ProfilePage> {
        self.pool
            .of(organization)
            .read(move |connection| Box::pin(async move { list::page(connection, organization, &query, now).await }))
            .await
    }

    #[tracing::instrument(level = "debug", name = "profiles.update", skip_all, fields(organization.id = %organization))]
    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        patch: ProfilePatch,
        now: Timestamp,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        self.update_alone(Update { organization, id, patch, now, idempotency }).await
    }

    #[tracing::instrument(level = "debug", name = "profiles.delete", skip_all, fields(organization.id = %organization))]
    async fn delete(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<()> {
        let erased = self.outbox.event(id, EventDetails::Erased, now);
        self.pool
            .of(organization)
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await.map_err(StorageError::NotBegun)?;
                    lock_existing(&mut transaction, (organization, id)).await?;
                    // A statement of its own: it has to see what was committed while the lock was awaited.
                    erase(&mut transaction, (organization, id), now).await?;
                    outbox::append(&mut transaction, &[(organization, erased)]).await?;
                    Ok(transaction.commit().await?)
                })
            })
            .await
    }
}

/// The outcome of a batch of one.
fn single<T>(outcomes: Vec<Result<T>>) -> Result<T> {
    outcomes.into_iter().next().unwrap_or_else(|| Err(Error::internal("a call without an outcome")))
}
