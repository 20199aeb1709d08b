//! Calls that are served together in one transaction.

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::storage::idempotency::records::{Record, StoredAnswer};

/// A create.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Create {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) profile: Profile,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

/// An update.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Update {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) id: ProfileId,
    pub(in crate::storage) patch: ProfilePatch,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

/// The profile that a create stored; `None` where its idempotency key belongs to an earlier request, and nothing was stored.
pub(in crate::storage) type Created = Option<Profile>;

/// The outcome of each of several updates.
pub(in crate::storage) type UpdateOutcomes = Vec<Result<RequestOutcome<Profile>>>;

/// The record of a request that left `profile`.
pub(in crate::storage) fn record_of(
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
