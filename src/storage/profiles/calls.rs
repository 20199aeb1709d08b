//! Calls that one transaction can serve together.

use crate::domain::Result;
use crate::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::profile::{Profile, ProfileUpdate};

#[derive(Clone, Debug)]
pub(in crate::storage) struct Create {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) profile: Profile,
    pub(in crate::storage) by: ApiKeyId,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

#[derive(Clone, Debug)]
pub(in crate::storage) struct Update {
    pub(in crate::storage) organization: OrganizationId,
    pub(in crate::storage) id: ProfileId,
    pub(in crate::storage) request: ProfileUpdate,
    pub(in crate::storage) idempotency: Option<Idempotency<Profile>>,
}

impl Create {
    /// About how many bytes it holds.
    pub(in crate::storage) fn bytes(&self) -> usize {
        size_of::<Self>() + self.profile.written_bytes() + key_bytes(self.idempotency.as_ref())
    }
}

impl Update {
    /// About how many bytes it holds.
    pub(in crate::storage) fn bytes(&self) -> usize {
        size_of::<Self>() + self.request.patch.written_bytes() + key_bytes(self.idempotency.as_ref())
    }
}

fn key_bytes(idempotency: Option<&Idempotency<Profile>>) -> usize {
    idempotency.map_or(0, |idempotency| idempotency.key.as_str().len())
}

/// The stored profile; `None` if the idempotency key is taken and nothing was stored.
pub(in crate::storage) type Created = Option<Profile>;

/// What a batch made of one of its calls.
#[derive(Debug)]
pub(in crate::storage) enum BatchOutcome<T> {
    /// The outcome.
    Done(Result<T>),
    /// Another transaction holds what the call needs: nothing was done, and the call should be made again by itself.
    Deferred,
}

/// The outcomes of a batch of updates, in its order.
pub(in crate::storage) type UpdateOutcomes = Vec<BatchOutcome<RequestOutcome<Profile>>>;
