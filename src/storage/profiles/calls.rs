//! Calls that one transaction can serve together.

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::profile::{Profile, ProfilePatch};
use crate::storage::idempotency::records::{IdempotencyRecord, StoredAnswer};

#[derive(Clone, Debug)]
pub(in crate::storage) struct Create {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) profile: Profile,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

#[derive(Clone, Debug)]
pub(in crate::storage) struct Update {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) id: ProfileId,
    pub(in crate::storage) patch: ProfilePatch,
    pub(in crate::storage) now: Timestamp,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

/// The stored profile; `None` if the idempotency key is taken and nothing was stored.
pub(in crate::storage) type Created = Option<Profile>;

/// The outcomes of a batch of updates, in its order.
pub(in crate::storage) type UpdateOutcomes = Vec<Result<RequestOutcome<Profile>>>;

/// The idempotency record of a request that is answered with `profile`.
///
/// # Errors
/// `Internal` if the answer cannot be serialized.
pub(super) fn record_of(
    organization: OrganizationId,
    profile: &Profile,
    now: Timestamp,
    idempotency: &Idempotency<Profile>,
) -> Result<IdempotencyRecord> {
    let answer = (idempotency.answer)(profile)?;
    Ok(IdempotencyRecord {
        organization,
        key: idempotency.key.clone(),
        profile_id: Some(profile.id),
        created_at: now,
        stored: StoredAnswer { fingerprint: idempotency.fingerprint, answer },
    })
}
