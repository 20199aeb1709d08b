//! The ports of profiles, and of what remains of erased ones.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::{ApiKeyId, OrganizationId, ProfileId};
use crate::domain::idempotency::{Idempotency, KeyedRequest, RequestOutcome};
use crate::domain::profile::batch::{BatchAnswer, ProfileBatch};
use crate::domain::profile::erased::{ErasedProfile, ErasureReplay};
use crate::domain::profile::list::{ProfilePage, ProfileQuery};
use crate::domain::profile::{Profile, ProfileUpdate, RevisionCondition};

/// The profiles of an organization. Called by the handlers of the API.
#[async_trait]
pub trait ProfileRepository: Send + Sync {
    /// Stores `profile`, which the holder of the key `by` creates, and its event. The transaction is committed when this returns.
    ///
    /// # Errors
    /// `NotFound` if the organization does not exist; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        by: ApiKeyId,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>>;

    /// The profile `id` with its grants, and the enforcement actions that are open at `now`.
    ///
    /// # Errors
    /// `NotFound`.
    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile>;

    /// One page. With `statuses`, a bounded number of profiles is examined: a page may be short or empty and still have a next one. Without,
    /// every page but the last is full.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, organization: OrganizationId, query: ProfileQuery, now: Timestamp) -> Result<ProfilePage>;

    /// Applies the patch of `update` to the stored profile ([`Profile::patched`]) and returns the updated profile. Concurrent updates of one profile never
    /// overwrite each other's fields. A replay comes before the check of the condition.
    ///
    /// # Errors
    /// `NotFound`; `PreconditionFailed`; `Invalid` if the updated profile would break a rule, or if the key of `idempotency` was used for another request.
    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        update: ProfileUpdate,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>>;

    /// Does the writes of `batch` in one transaction: stores the new profiles, applies the patches as [`ProfileRepository::update`] does (those of one
    /// profile in their order), each with its event, and then writes `answer`, whose bytes are stored under the key of `request`. A write that
    /// breaks a rule fails alone, and its error is its result. Those bytes do not outlive the erasure of a profile that they show.
    ///
    /// # Errors
    /// Those of `answer`; `Contended` if a profile stays locked by another transaction; `Canceled` if the writes take too long; `Conflict` for a
    /// replay after the erasure of a profile of the answer; `Invalid` if the key was used for another request.
    async fn batch(
        &self,
        organization: OrganizationId,
        batch: ProfileBatch,
        request: Option<KeyedRequest>,
        answer: Box<dyn BatchAnswer>,
    ) -> Result<RequestOutcome<Vec<u8>>>;

    /// Erases the profile and deletes every row that belongs to it. Its id and the times of its creation and erasure remain.
    ///
    /// # Errors
    /// `NotFound`; `PreconditionFailed`.
    async fn delete(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        condition: RevisionCondition,
        now: Timestamp,
    ) -> Result<()>;
}

/// The erasures of an organization, which a restored backup has to be given again. Called by the command line.
#[async_trait]
pub trait ErasureRepository: Send + Sync {
    /// The next erased profiles by id, at most 1,000, that were erased at `since` or later; fewer than 1,000 are the last.
    ///
    /// # Errors
    /// None of its own.
    async fn list_erased(
        &self,
        organization: OrganizationId,
        since: Timestamp,
        after: Option<ProfileId>,
    ) -> Result<Vec<ErasedProfile>>;

    /// Erases the profile as [`ProfileRepository::delete`] does, at `now`, with its event; without a profile, records that it was erased.
    /// Doing so again changes nothing.
    ///
    /// # Errors
    /// None of its own.
    async fn replay_erasure(
        &self,
        organization: OrganizationId,
        erased: ErasedProfile,
        now: Timestamp,
    ) -> Result<ErasureReplay>;
}
