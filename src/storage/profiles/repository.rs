//! Profiles, with all that hangs on them. Every operation on one is the operation on many, of one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::changes::Changes;
use super::row::{ProfileKey, ProfileRow, select_profiles};
use super::write::NewProfile;
use super::{list, lock, write};
use crate::domain::clock::Timestamp;
use crate::domain::event::EventDetails;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::domain::profile_list::{PageQuery, ProfilePage};
use crate::domain::repository::ProfileRepository;
use crate::domain::{Error, Result};
use crate::storage::events::outbox;
use crate::storage::events::outbox::Outbox;
use crate::storage::idempotency::records;
use crate::storage::idempotency::records::{Record, StoredAnswer};
use crate::storage::pool::connections::Pool;
use crate::storage::pool::error::{StorageError, not_found};

/// [`ProfileRepository`] on Postgres.
#[derive(Clone, Debug)]
pub struct PgProfiles {
    pool: Pool,
    outbox: Outbox,
}

/// One create of many.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Create {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) profile: Profile,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

/// One update of many.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Update {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) id: ProfileId,
    pub(in crate::storage) patch: ProfilePatch,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

/// What comes of each of many calls.
pub(in crate::storage) type ProfileOutcomes = Vec<Result<RequestOutcome<Profile>>>;

/// How often a group of updates is tried again because somebody else took a key of theirs meanwhile.
const MOST_ATTEMPTS: usize = 3;

/// Profiles that were looked for and are there; one whose row breaks a rule is there as an error.
pub(in crate::storage) type Found = HashMap<ProfileKey, Result<Profile>>;

impl PgProfiles {
    /// The profiles behind `pool`, which tell `outbox` what happens to them.
    #[must_use]
    pub const fn new(pool: Pool, outbox: Outbox) -> Self {
        Self { pool, outbox }
    }

    /// Stores the profiles of all `creates` that repeat none before them, or none.
    pub(in crate::storage) async fn create_many(&self, creates: Vec<Create>) -> Result<ProfileOutcomes> {
        let mut new = Vec::with_capacity(creates.len());
        let mut asked = Vec::new();
        for Create { organization, profile, idempotency } in creates {
            let event = self.outbox.event(profile.id, EventDetails::Created, profile.created_at).id;
            asked.push(idempotency);
            new.push(NewProfile { organization, profile, event });
        }
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let answers = new.iter().zip(&asked).filter_map(|(new, asked)| {
                        Some(answer_of(new.organization, &new.profile, new.profile.created_at, asked.as_ref()?))
                    });
                    let answers = records::RecordColumns::of(answers.collect::<Result<_>>()?);
                    let repeated = write::insert(connection, &new, answers).await?;
                    let mut outcomes: ProfileOutcomes = Vec::with_capacity(new.len());
                    for (NewProfile { organization, profile, .. }, asked) in new.into_iter().zip(asked) {
                        outcomes.push(match asked {
                            Some(asked) if repeated.contains(&(organization, profile.id)) => {
                                let (key, fingerprint) = (&asked.key, asked.fingerprint);
                                records::replay(connection, organization, key, fingerprint, profile.created_at).await?
                            }
                            _ => Ok(RequestOutcome::Done(profile)),
                        });
                    }
                    Ok(outcomes)
                })
            })
            .await
    }

    /// Those of `keys` that are there, with the enforcement actions that are open at `now`.
    pub(in crate::storage) async fn retrieve_many(&self, keys: HashSet<ProfileKey>, now: Timestamp) -> Result<Found> {
        self.pool.read(move |connection| Box::pin(async move { Ok(read(connection, &keys, now).await?) })).await
    }

    /// Applies each update to what the ones before it left, in one transaction; one that breaks a rule changes nothing and fails alone.
    pub(in crate::storage) async fn update_many(&self, updates: Vec<Update>) -> Result<ProfileOutcomes> {
        let updates = Arc::new(updates);
        // Where somebody else takes a key meanwhile, it is found to be taken the next time.
        for _ in 0..MOST_ATTEMPTS {
            if let Some(outcomes) = self.try_update_many(Arc::clone(&updates)).await? {
                return Ok(outcomes);
            }
        }
        Err(records::record_vanished())
    }

    /// As [`PgProfiles::update_many`]; `None`, with nothing changed, where a key was taken meanwhile.
    async fn try_update_many(&self, updates: Arc<Vec<Update>>) -> Result<Option<ProfileOutcomes>> {
        let Some(now) = updates.iter().map(|update| update.now).max() else { return Ok(Some(Vec::new())) };
        let outbox = self.outbox.clone();
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let keys: HashSet<_> = updates.iter().map(|update| (update.organization, update.id)).collect();
                    let asked = updates
                        .iter()
                        .filter_map(|update| Some((update.organization, update.idempotency.as_ref()?.key.clone())));
                    let asked: Vec<_> = asked.collect();
                    let mut transaction = connection.begin().await?;
                    let kept = lock::lock_and_find(&mut transaction, &keys, &asked, now).await?;
                    let found = read(&mut transaction, &keys, now).await?;
                    let mut changes = Changes::new(found, kept, outbox);
                    let outcomes = updates.iter().map(|update| changes.apply(update)).collect();
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
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        only(self.create_many(vec![Create { organization, profile, idempotency }]).await?)
    }

    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile> {
        let key = (organization, id);
        let mut found = self.retrieve_many(HashSet::from([key]), now).await?;
        found.remove(&key).unwrap_or_else(|| Err(profile_not_found()))
    }

    async fn list(&self, organization: OrganizationId, query: PageQuery, now: Timestamp) -> Result<ProfilePage> {
        self.pool
            .read(move |connection| Box::pin(async move { list::page(connection, organization, &query, now).await }))
            .await
    }

    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        patch: ProfilePatch,
        now: Timestamp,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>> {
        only(self.update_many(vec![Update { organization, id, patch, now, idempotency }]).await?)
    }

    async fn delete(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<()> {
        let erased = self.outbox.event(id, EventDetails::Erased, now);
        self.pool
            .run(move |connection| {
                Box::pin(async move {
                    let mut transaction = connection.begin().await?;
                    if !write::erase(&mut transaction, organization, id, now).await? {
                        return Err(profile_not_found().into());
                    }
                    outbox::append(&mut transaction, &[(organization, erased)]).await?;
                    Ok(transaction.commit().await?)
                })
            })
            .await
    }
}

/// Checks that the profile is there, before what hangs on it is read: that could be empty.
///
/// # Errors
/// `NotFound`.
pub(in crate::storage) async fn check_there(
    connection: &mut PgConnection,
    (organization, id): ProfileKey,
) -> std::result::Result<(), StorageError> {
    let there: bool = sqlx::query_scalar(
        "select exists (
                select
                  from user_profiles
                 where organization_id = $1
                   and id = $2
         )",
    )
    .bind(organization.uuid())
    .bind(id.uuid())
    .fetch_one(connection)
    .await?;
    if there { Ok(()) } else { Err(profile_not_found().into()) }
}

/// Nothing of that id in this organization.
pub(in crate::storage) fn profile_not_found() -> Error {
    not_found("User profile")
}

/// The outcome of the one call that there was.
fn only(outcomes: ProfileOutcomes) -> Result<RequestOutcome<Profile>> {
    outcomes.into_iter().next().unwrap_or_else(|| Err(Error::internal("a call without an outcome")))
}

/// What is kept of a request that left `profile`.
pub(in crate::storage) fn answer_of(
    organization: OrganizationId,
    profile: &Profile,
    now: Timestamp,
    idempotency: &Idempotency<Profile>,
) -> Result<Record> {
    let answer = (idempotency.answer)(profile)?;
    Ok(Record {
        organization,
        key: idempotency.key.clone(),
        profile_id: Some(profile.id),
        created_at: now,
        kept: StoredAnswer { fingerprint: idempotency.fingerprint, answer },
    })
}

/// Those of `keys` that are there, with the enforcement actions that are open at `now`. Each is sought by its key, for a lateral query that
/// cannot be taken apart runs for one after the other: from a list of keys, Postgres would sometimes rather read all profiles.
pub(in crate::storage) async fn read(
    connection: &mut PgConnection,
    keys: &HashSet<ProfileKey>,
    now: Timestamp,
) -> std::result::Result<Found, sqlx::Error> {
    let (organizations, ids) = write::columns(keys);
    let rows: Vec<ProfileRow> = sqlx::query_as(select_profiles!(
        from "unnest($1::uuid[], $3::uuid[]) as wanted (organization_id, id)
             cross join lateral (
                   select *
                     from user_profiles u
                    where u.organization_id = wanted.organization_id
                      and u.id = wanted.id
                   offset 0
             ) p",
        ""
    ))
    .bind(organizations)
    .bind(now)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key(), row.try_into())).collect())
}
