//! Idempotency keys: claimed in the transaction of what is done under them.

use std::collections::HashMap;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, FromRow};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Fingerprint, IDEMPOTENCY_RETENTION, Idempotency, IdempotencyKey, RequestOutcome};
use crate::domain::{Error, Result};
use crate::storage::pool::connections::{ConnectionFuture, Pool};
use crate::storage::pool::error::{StorageError, unavailable};
use crate::storage::profiles::columns::Statement;

/// What was answered under a key before.
#[derive(Clone, Debug)]
pub(in crate::storage) struct StoredAnswer {
    pub(in crate::storage) fingerprint: Fingerprint,
    pub(in crate::storage) answer: Vec<u8>,
}

impl StoredAnswer {
    /// What a request with `fingerprint` under the same key is answered.
    pub(in crate::storage) fn replay<T>(&self, fingerprint: Fingerprint) -> Result<RequestOutcome<T>> {
        if fingerprint == self.fingerprint {
            return Ok(RequestOutcome::Replayed(self.answer.clone()));
        }
        Err(Error::invalid_field("idempotency-key", reason("other_request", "Key was used for another request")))
    }
}

/// A key among all organizations'.
pub(in crate::storage) type FullKey = (OrganizationId, IdempotencyKey);

/// What is to be kept under keys, column by column.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct RecordColumns {
    organization_ids: Vec<Uuid>,
    keys: Vec<String>,
    fingerprints: Vec<Vec<u8>>,
    profile_ids: Vec<Option<Uuid>>,
    created_ats: Vec<OffsetDateTime>,
    answers: Vec<Vec<u8>>,
}

/// What is to be kept under one key.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Record {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) key: IdempotencyKey,
    pub(in crate::storage) profile_id: Option<ProfileId>,
    pub(in crate::storage) created_at: Timestamp,
    pub(in crate::storage) kept: StoredAnswer,
}

impl RecordColumns {
    /// Of `records`, in the order of their keys, so that two transactions never wait for each other.
    pub(in crate::storage) fn of(mut records: Vec<Record>) -> Self {
        records.sort_by(|a, b| (a.organization.uuid(), &a.key).cmp(&(b.organization.uuid(), &b.key)));
        let mut columns = Self::default();
        for record in records {
            columns.organization_ids.push(record.organization.uuid());
            columns.keys.push(record.key.as_str().to_owned());
            columns.fingerprints.push(record.kept.fingerprint.0.to_vec());
            columns.profile_ids.push(record.profile_id.map(ProfileId::uuid));
            columns.created_ats.push(record.created_at);
            columns.answers.push(record.kept.answer);
        }
        columns
    }

    /// The six parameters of [`insert_records`].
    pub(in crate::storage) fn bind_to(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.organization_ids)
            .bind(self.keys)
            .bind(self.fingerprints)
            .bind(self.profile_ids)
            .bind(self.created_ats)
            .bind(self.answers)
    }
}

#[derive(FromRow)]
pub(in crate::storage) struct StoredAnswerRow {
    pub(in crate::storage) organization_id: Uuid,
    pub(in crate::storage) key: String,
    pub(in crate::storage) fingerprint: Vec<u8>,
    pub(in crate::storage) answer: Vec<u8>,
}

/// What a request of `organization` with `fingerprint` is answered under `key`, which is taken.
pub(in crate::storage) async fn replay<T>(
    connection: &mut PgConnection,
    organization: OrganizationId,
    key: &IdempotencyKey,
    fingerprint: Fingerprint,
    now: Timestamp,
) -> sqlx::Result<Result<RequestOutcome<T>>> {
    let row: Option<StoredAnswerRow> = sqlx::query_as(
        "select organization_id,
                key,
                fingerprint,
                answer
           from idempotency_keys
          where organization_id = $1
            and key = $2
            and created_at > $3",
    )
    .bind(organization.uuid())
    .bind(key.as_str())
    .bind(now - IDEMPOTENCY_RETENTION)
    .fetch_optional(connection)
    .await?;
    let kept = from_stored(row.into_iter().collect());
    Ok(kept.and_then(|kept| kept.into_values().next().ok_or_else(record_vanished)?.replay(fingerprint)))
}

/// What `rows` hold, by key.
pub(in crate::storage) fn from_stored(rows: Vec<StoredAnswerRow>) -> Result<HashMap<FullKey, StoredAnswer>> {
    let kept = rows.into_iter().map(|row| {
        let broken = || Error::internal("idempotency_keys: a column breaks a rule");
        let key = IdempotencyKey::parse(row.key.as_bytes()).map_err(|_| broken())?;
        let fingerprint = Fingerprint(row.fingerprint.try_into().map_err(|_| broken())?);
        Ok(((OrganizationId::new(row.organization_id), key), StoredAnswer { fingerprint, answer: row.answer }))
    });
    kept.collect()
}

/// Keeps what [`RecordColumns::bind_to`] binds under keys that are free, or have become free again; returns those. A key that somebody else is just
/// taking is waited for.
macro_rules! insert_records {
    () => {
        "insert into idempotency_keys as k (organization_id, key, fingerprint, profile_id, created_at, answer)
         select *
           from unnest($1::uuid[], $2::text[], $3::bytea[], $4::uuid[], $5::timestamptz[], $6::bytea[])
             on conflict on constraint idempotency_keys_pkey do update
            set fingerprint = excluded.fingerprint,
                profile_id = excluded.profile_id,
                created_at = excluded.created_at,
                answer = excluded.answer
          where k.created_at <= excluded.created_at - interval '24 hours'
      returning k.organization_id, k.profile_id"
    };
}

pub(in crate::storage) use insert_records;

/// Keeps `record` if its key is free; answers whether it was.
async fn insert(connection: &mut PgConnection, record: Record) -> sqlx::Result<bool> {
    let kept =
        RecordColumns::of(vec![record]).bind_to(sqlx::query(insert_records!())).fetch_optional(connection).await?;
    Ok(kept.is_some())
}

impl Pool {
    /// Does `work` in a transaction, for a request of `organization` that speaks of the profile `profile_id`, if of any: once under the key of
    /// `idempotency`.
    ///
    /// # Errors
    /// Those of [`Pool::run`]; `Invalid` if the key was used for another request.
    pub(in crate::storage) async fn once<T, F>(
        &self,
        organization: OrganizationId,
        profile_id: Option<ProfileId>,
        now: Timestamp,
        idempotency: Option<Idempotency<T>>,
        work: F,
    ) -> Result<RequestOutcome<T>>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T> + Send + 'static,
    {
        let whose = RequestContext { organization, profile_id, now };
        self.run(move |connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await?;
                let outcome = match idempotency {
                    Some(idempotency) => whose.once(&mut transaction, &idempotency, work).await?,
                    None => RequestOutcome::Done(work(&mut transaction).await?),
                };
                transaction.commit().await?;
                Ok(outcome)
            })
        })
        .await
    }
}

/// Whose request it is, of whom it speaks, and when it came.
struct RequestContext {
    organization: OrganizationId,
    profile_id: Option<ProfileId>,
    now: Timestamp,
}

impl RequestContext {
    /// Does `work` unless the key is taken.
    async fn once<T>(
        &self,
        connection: &mut PgConnection,
        Idempotency { key, fingerprint, answer }: &Idempotency<T>,
        work: impl for<'c> FnOnce(&'c mut PgConnection) -> ConnectionFuture<'c, T>,
    ) -> std::result::Result<RequestOutcome<T>, StorageError> {
        // Claimed before the work, which must not be done twice; the answer follows, and so does the profile, which may turn out not to be
        // there.
        let claim = Record {
            organization: self.organization,
            key: key.clone(),
            profile_id: None,
            created_at: self.now,
            kept: StoredAnswer { fingerprint: *fingerprint, answer: Vec::new() },
        };
        if !insert(connection, claim).await? {
            return Ok(replay(connection, self.organization, key, *fingerprint, self.now).await??);
        }
        let done = work(connection).await?;
        sqlx::query(
            "update idempotency_keys
                set answer = $3,
                    profile_id = $4
              where organization_id = $1
                and key = $2",
        )
        .bind(self.organization.uuid())
        .bind(key.as_str())
        .bind(answer(&done)?)
        .bind(self.profile_id.map(ProfileId::uuid))
        .execute(connection)
        .await?;
        Ok(RequestOutcome::Done(done))
    }
}

/// A key that was taken a moment ago and no longer is: the profile that it spoke of was erased in between.
pub(in crate::storage) fn record_vanished() -> Error {
    unavailable()
}
