//! Idempotency records as values, columns and rows.

use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::clock::Timestamp;
use crate::domain::error::reason;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Fingerprint, Idempotency, IdempotencyKey, Replay, RequestOutcome};
use crate::domain::profile::{Profile, Revision};
use crate::domain::{Error, ErrorKind, Result};
use crate::storage::pool::error::unavailable;

/// The answer to the first request with a key.
#[derive(Clone, Debug)]
pub(in crate::storage) struct StoredAnswer {
    pub(in crate::storage) fingerprint: Fingerprint,
    /// `None` once the profile was erased that it is about.
    pub(in crate::storage) answer: Option<Vec<u8>>,
    /// That of the profile in the answer.
    pub(in crate::storage) revision: Option<Revision>,
}

impl StoredAnswer {
    /// Replays the answer to a request with the same key.
    ///
    /// # Errors
    /// `Invalid` if the request differs from the first; `Conflict` if the answer was erased.
    pub(in crate::storage) fn replay<T>(&self, fingerprint: Fingerprint) -> Result<RequestOutcome<T>> {
        check_fingerprint(Some(self.fingerprint), fingerprint)?;
        let answer = self.answer.clone().ok_or_else(answer_erased)?;
        Ok(RequestOutcome::Replayed(Replay { answer, revision: self.revision }))
    }
}

/// Checks that a request with the fingerprint `sent` is a replay of that with the fingerprint `stored`.
///
/// # Errors
/// `Invalid` if it is another request.
pub(in crate::storage) fn check_fingerprint(stored: Option<Fingerprint>, sent: Fingerprint) -> Result<()> {
    if stored == Some(sent) {
        return Ok(());
    }
    let why = reason("other_request", "Key was used for another request");
    Err(Error::invalid_field("idempotency-key", why))
}

/// `Conflict`: a profile of the stored answer was erased since.
pub(in crate::storage) fn answer_erased() -> Error {
    let message = "idempotency-key: Request was done, and the user profile was deleted since";
    Error::new(ErrorKind::Conflict, message)
}

/// Identifies a record across organizations.
pub(in crate::storage) type FullKey = (OrganizationId, IdempotencyKey);

/// Records as arrays, one per column.
#[derive(Clone, Debug, Default)]
pub(in crate::storage) struct RecordColumns {
    pub(in crate::storage) organization_ids: Vec<Uuid>,
    pub(in crate::storage) keys: Vec<String>,
    pub(in crate::storage) fingerprints: Vec<Vec<u8>>,
    pub(in crate::storage) profile_ids: Vec<Option<Uuid>>,
    pub(in crate::storage) created_ats: Vec<OffsetDateTime>,
    pub(in crate::storage) answers: Vec<Option<Vec<u8>>>,
    pub(in crate::storage) revisions: Vec<Option<i64>>,
}

/// A record to be stored.
#[derive(Clone, Debug)]
pub(in crate::storage) struct IdempotencyRecord {
    pub(super) organization: OrganizationId,
    pub(super) key: IdempotencyKey,
    pub(super) profile_id: Option<ProfileId>,
    pub(super) created_at: Timestamp,
    pub(in crate::storage) stored: StoredAnswer,
}

impl RecordColumns {
    /// The columns of `records`, in the order of their keys, so that transactions that insert the same keys do not deadlock.
    pub(in crate::storage) fn of(mut records: Vec<IdempotencyRecord>) -> Self {
        records.sort_by(|a, b| (a.organization.uuid(), &a.key).cmp(&(b.organization.uuid(), &b.key)));
        let mut columns = Self::default();
        for record in records {
            columns.organization_ids.push(record.organization.uuid());
            columns.keys.push(record.key.as_str().to_owned());
            columns.fingerprints.push(record.stored.fingerprint.0.to_vec());
            columns.profile_ids.push(record.profile_id.map(ProfileId::uuid));
            columns.created_ats.push(record.created_at);
            columns.answers.push(record.stored.answer);
            columns.revisions.push(record.stored.revision.map(Revision::number));
        }
        columns
    }
}

impl IdempotencyRecord {
    /// The record of a request whose answer is not made yet. It is erased with the profile `profile_id`, if the request concerns one.
    pub(in crate::storage) fn claim(
        organization: OrganizationId,
        key: IdempotencyKey,
        fingerprint: Fingerprint,
        profile_id: Option<ProfileId>,
        now: Timestamp,
    ) -> Self {
        let stored = StoredAnswer { fingerprint, answer: None, revision: None };
        Self { organization, key, profile_id, created_at: now, stored }
    }

    /// The record of a request that is answered with `profile`.
    ///
    /// # Errors
    /// `Internal` if the answer cannot be serialized.
    pub(in crate::storage) fn of_profile(
        organization: OrganizationId,
        profile: &Profile,
        now: Timestamp,
        idempotency: &Idempotency<Profile>,
    ) -> Result<Self> {
        let answer = (idempotency.answer)(profile)?;
        Ok(Self {
            organization,
            key: idempotency.key.clone(),
            profile_id: Some(profile.id),
            created_at: now,
            stored: StoredAnswer {
                fingerprint: idempotency.fingerprint,
                answer: Some(answer),
                revision: Some(profile.revision),
            },
        })
    }
}

#[derive(FromRow)]
pub(in crate::storage) struct StoredAnswerRow {
    pub(in crate::storage) organization_id: Uuid,
    pub(in crate::storage) key: String,
    pub(in crate::storage) fingerprint: Vec<u8>,
    pub(in crate::storage) answer: Option<Vec<u8>>,
    pub(in crate::storage) revision: Option<i64>,
}

impl StoredAnswerRow {
    /// The answer and its key.
    ///
    /// # Errors
    /// `Internal` if a column is not as this service stores it.
    pub(in crate::storage) fn parse(self) -> Result<(FullKey, StoredAnswer)> {
        let broken = || Error::internal("idempotency_keys: a column breaks a rule");
        let key = IdempotencyKey::parse(self.key.as_bytes()).map_err(|_| broken())?;
        let fingerprint = Fingerprint(self.fingerprint.try_into().map_err(|_| broken())?);
        let revision = self.revision.map(Revision::from_stored);
        let stored = StoredAnswer { fingerprint, answer: self.answer, revision };
        Ok(((OrganizationId::new(self.organization_id), key), stored))
    }
}

/// A record was found and then deleted: it has expired in between.
pub(in crate::storage) fn record_vanished() -> Error {
    unavailable()
}
