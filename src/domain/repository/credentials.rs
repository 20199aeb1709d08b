//! The ports of organizations and their API keys.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::{ApiKey, ApiKeyQuery, Credential, KeyActor, KeyHash};
use crate::domain::credential::organization::{Organization, OrganizationPatch};
use crate::domain::error::Result;
use crate::domain::id::{ApiKeyId, OrganizationId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::limit::rate_limit::RateLimitsPatch;
use crate::domain::page::Page;
use crate::domain::text::WorkspaceId;

/// The organizations. Called by the operator's command line only: no API key gives access to it.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Stores `organization`.
    ///
    /// # Errors
    /// None of its own.
    async fn create(&self, organization: &Organization) -> Result<()>;

    /// All organizations, oldest first.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self) -> Result<Vec<Organization>>;

    /// Applies `patch` and returns the organization.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update(&self, id: OrganizationId, patch: OrganizationPatch) -> Result<Organization>;
}

/// The API keys of organizations. Called by the authentication of requests, the operator's API and the command line.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Stores `key` under the `hash` of its secret, and appends the event that `actor` created it.
    ///
    /// # Errors
    /// `NotFound` if the organization does not exist; `Conflict` if it has as many keys as its quota allows; `Invalid` if the key of `idempotency` was used for another request.
    async fn create(
        &self,
        key: &ApiKey,
        hash: KeyHash,
        actor: KeyActor,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>>;

    /// One page of the keys of `organization` that `query` selects, including revoked and expired ones.
    ///
    /// # Errors
    /// `NotFound` if the organization does not exist.
    async fn list(&self, organization: OrganizationId, query: ApiKeyQuery) -> Result<Page<ApiKey, ApiKeyId>>;

    /// Revokes the key `id`, and appends the event that `actor` revoked it. Revoking it again changes nothing and is no event: the first time
    /// stays.
    ///
    /// # Errors
    /// `NotFound`, also if the key is not bound to `workspace`, where one is given.
    async fn revoke(
        &self,
        organization: OrganizationId,
        id: ApiKeyId,
        workspace: Option<&WorkspaceId>,
        actor: KeyActor,
        now: Timestamp,
    ) -> Result<ApiKey>;

    /// Changes the rate limits of the key `id`, and returns it.
    ///
    /// # Errors
    /// `NotFound`.
    async fn limit(&self, organization: OrganizationId, id: ApiKeyId, patch: RateLimitsPatch) -> Result<ApiKey>;

    /// Whether a key whose secret has this `hash` may exist, as far as this process knows without the database. It knows of all keys but those
    /// that were created a moment ago.
    fn may_exist(&self, hash: KeyHash) -> bool;

    /// The key whose secret has this `hash`, in any organization; `None` if there is none. Authentication calls it before the organization
    /// is known.
    ///
    /// # Errors
    /// `Unavailable` also while more unknown keys are tried than the database is asked for.
    async fn find(&self, hash: KeyHash) -> Result<Option<Arc<Credential>>>;
}
