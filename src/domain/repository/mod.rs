//! The ports: what storage does for the rest.
//! May know what its parent may.
//!
//! Each method is one transaction. The organization is the first parameter of
//! whatever belongs to one; another organization's object is not found.
//!
//! What a request repeats is done once where it comes with its [`Idempotency`]: the key is taken in the transaction of what is done under
//! it, so that the key of a request that failed is free again.
//!
//! Every method may also fail with `Unavailable` (database unreachable or full; nothing was written as far as can be known),
//! `TimedOut` (deadline) and `Internal` (a fault of ours).

mod trust;
mod webhooks;

use std::sync::Arc;

use async_trait::async_trait;

use super::clock::Timestamp;
use super::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyHash};
use super::credential::organization::{Organization, OrganizationPatch};
use super::error::Result;
use super::event::{Event, EventQuery};
use super::id::{ApiKeyId, EventId, OrganizationId, ProfileId};
use super::idempotency::{Idempotency, RequestOutcome};
use super::page::Page;
use super::profile::{Profile, ProfilePatch};
use super::profile_list::{PageQuery, ProfilePage};
use super::trust::enrollment::{Enrollment, Invitation, LinkTokenHash, Submission};
pub use trust::{EnforcementRepository, ExpiryRepository, TrustGrantRepository};
pub use webhooks::{DeliveryQueue, WebhookRepository};

/// The profiles of organizations.
#[async_trait]
pub trait ProfileRepository: Send + Sync {
    /// Stores `profile`, durably once this answers, and answers it.
    ///
    /// # Errors
    /// `NotFound` if the organization is gone; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        organization: OrganizationId,
        profile: Profile,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>>;

    /// The profile `id`, with the enforcement actions that are open at `now`.
    ///
    /// # Errors
    /// `NotFound`.
    async fn retrieve(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<Profile>;

    /// One page. With `statuses`, a bounded number of profiles is examined, so a page may be short or empty and still have a next
    /// one; without, it is full unless it is the last.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, organization: OrganizationId, query: PageQuery, now: Timestamp) -> Result<ProfilePage>;

    /// Applies `patch` to the stored profile ([`Profile::patched`]) and answers the outcome. Updates of one profile never overwrite
    /// each other's fields.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` where the outcome would break a rule, or if the key of `idempotency` was used for another request.
    async fn update(
        &self,
        organization: OrganizationId,
        id: ProfileId,
        patch: ProfilePatch,
        now: Timestamp,
        idempotency: Option<Idempotency<Profile>>,
    ) -> Result<RequestOutcome<Profile>>;

    /// Erases the profile and all that hangs on it; its id and the times of its creation and erasure remain.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, organization: OrganizationId, id: ProfileId, now: Timestamp) -> Result<()>;
}

/// The organizations. For operators: nothing here is reachable with an organization's own key.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Stores `organization`.
    ///
    /// # Errors
    /// None of its own.
    async fn create(&self, organization: &Organization) -> Result<()>;

    /// All of them, oldest first.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self) -> Result<Vec<Organization>>;

    /// Changes what `patch` names.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update(&self, id: OrganizationId, patch: OrganizationPatch) -> Result<Organization>;
}

/// The API keys of organizations.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Stores `key`, to be found by `hash`.
    ///
    /// # Errors
    /// `NotFound` if the organization is unknown; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        key: &ApiKey,
        hash: KeyHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>>;

    /// One page of the keys of `organization`, revoked and expired ones too.
    ///
    /// # Errors
    /// `NotFound` if the organization is unknown.
    async fn list(&self, organization: OrganizationId, query: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>>;

    /// Ends the key `id`; revoking twice keeps the first time.
    ///
    /// # Errors
    /// `NotFound`.
    async fn revoke(&self, organization: OrganizationId, id: ApiKeyId, now: Timestamp) -> Result<ApiKey>;

    /// The key whose secret has this `hash`, whoever's it is: the one lookup that comes before the organization is known.
    ///
    /// # Errors
    /// None of its own; an unknown key is `None`.
    async fn find(&self, hash: KeyHash) -> Result<Option<Arc<Credential>>>;
}

/// The enrollment links of profiles.
#[async_trait]
pub trait EnrollmentRepository: Send + Sync {
    /// Stores `enrollment`, to be found by `hash`.
    ///
    /// # Errors
    /// `NotFound` if the profile is; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        organization: OrganizationId,
        enrollment: Enrollment,
        hash: LinkTokenHash,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>>;

    /// What the link with this `hash` shows at `now`; an unknown, expired or spent one, or one whose profile is erased, is `None`. Comes
    /// before any organization is known: whoever opens a link has no key.
    ///
    /// # Errors
    /// None of its own.
    async fn open(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Invitation>>;

    /// Asks for [`ENROLLED_GRANT`](super::trust::enrollment::ENROLLED_GRANT) with the link that has this `hash`, and spends it. Submitting once more changes
    /// nothing and is answered in the same way, until the link expires. `None` as for [`open`](Self::open).
    ///
    /// # Errors
    /// None of its own.
    async fn submit(&self, hash: LinkTokenHash, now: Timestamp) -> Result<Option<Submission>>;
}

/// What happened to profiles. Nobody writes here: each change of a profile appends its own events.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// One page. Where `query` names kinds, a bounded number of events is examined, so a page may be short or empty and still have a
    /// next one; without, it is full unless it is the last.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, organization: OrganizationId, query: EventQuery) -> Result<Page<Event, EventId>>;
}

/// Whether the database can serve.
#[async_trait]
pub trait Readiness: Send + Sync {
    /// Checks that the database answers and that its schema is the one of this binary or a newer one.
    ///
    /// # Errors
    /// `Unavailable` with what is wrong as its cause.
    async fn check(&self) -> Result<()>;
}
