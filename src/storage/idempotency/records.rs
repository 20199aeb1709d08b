//! Idempotency keys with the answers that are stored under them.

use std::collections::HashMap;

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Fingerprint, IdempotencyKey, RequestOutcome};
use crate::domain::{Error, Result};
use crate::storage::pool::error::unavailable;

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
    pub(in crate::storage) organization_ids: Vec<Uuid>,
    pub(in crate::storage) keys: Vec<String>,
    pub(in crate::storage) fingerprints: Vec<Vec<u8>>,
    pub(in crate::storage) profile_ids: Vec<Option<Uuid>>,
    pub(in crate::storage) created_ats: Vec<OffsetDateTime>,
    pub(in crate::storage) answers: Vec<Vec<u8>>,
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
}

#[derive(FromRow)]
pub(in crate::storage) struct StoredAnswerRow {
    pub(in crate::storage) organization_id: Uuid,
    pub(in crate::storage) key: String,
    pub(in crate::storage) fingerprint: Vec<u8>,
    pub(in crate::storage) answer: Vec<u8>,
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

/// A key that was taken a moment ago and no longer is: the profile that it spoke of was erased in between.
pub(in crate::storage) fn record_vanished() -> Error {
    unavailable()
}
