//! The ports of webhooks. What comes with an [`Idempotency`] is `Invalid` if its key was used for another request.

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::webhook::delivery::{Attempt, ClaimedDelivery, Delivery, Settlement};
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery, EndpointKey, EndpointPatch, WebhookEndpoint};
use crate::domain::webhook::secret::SigningSecret;

/// The webhook endpoints of organizations, and what is sent to them.
#[async_trait]
pub trait WebhookRepository: Send + Sync {
    /// Stores `endpoint`, whose deliveries `secret` signs.
    ///
    /// # Errors
    /// `NotFound` if the organization is gone; `Conflict` if it has [`MAX_ENDPOINTS`] already.
    ///
    /// [`MAX_ENDPOINTS`]: crate::domain::webhook::endpoint::MAX_ENDPOINTS
    async fn create(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpoint,
        secret: SigningSecret,
        idempotency: Option<Idempotency<WebhookEndpoint>>,
    ) -> Result<RequestOutcome<WebhookEndpoint>>;

    /// The endpoint `id`.
    ///
    /// # Errors
    /// `NotFound`.
    async fn retrieve(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<WebhookEndpoint>;

    /// A cursor page of the organization's endpoints, in the order of their creation or against it.
    ///
    /// # Errors
    /// None of its own.
    async fn list(
        &self,
        organization: OrganizationId,
        query: CursorPageQuery<WebhookEndpointId>,
    ) -> Result<CursorPage<WebhookEndpoint>>;

    /// Applies `patch` to the stored endpoint ([`WebhookEndpoint::patched`]) and answers the outcome. Deliveries that were pending when an
    /// endpoint was disabled go on when it is enabled.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        patch: EndpointPatch,
        now: Timestamp,
        idempotency: Option<Idempotency<WebhookEndpoint>>,
    ) -> Result<RequestOutcome<WebhookEndpoint>>;

    /// Removes the endpoint and whatever was sent or is to be sent to it.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<()>;

    /// Signs with `secret` from now on; the one before it signs too until `previous_until`, the one before that no more.
    ///
    /// # Errors
    /// `NotFound`.
    async fn rotate(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        secret: SigningSecret,
        previous_until: Timestamp,
        now: Timestamp,
        idempotency: Option<Idempotency<()>>,
    ) -> Result<RequestOutcome<()>>;

    /// A cursor page of what was and is to be delivered to an endpoint, in the order of the events or against it, with its attempts.
    ///
    /// # Errors
    /// `NotFound` if the endpoint is.
    async fn deliveries(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        query: CursorPageQuery<EventId>,
    ) -> Result<CursorPage<Delivery>>;

    /// Queues a delivery anew, whatever became of it; it is tried from `now` on as if it had just happened.
    ///
    /// # Errors
    /// `NotFound` if the endpoint or the delivery is; `Conflict` while the endpoint is disabled.
    async fn redeliver(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        event: EventId,
        now: Timestamp,
        idempotency: Option<Idempotency<Delivery>>,
    ) -> Result<RequestOutcome<Delivery>>;
}

/// What is to be delivered, for those who deliver it. Any number of them may take from it at once.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// The enabled endpoints, of all organizations, to which something is due at `now`, in no particular order: the one question that comes
    /// before an organization is known.
    ///
    /// # Errors
    /// None of its own.
    async fn due(&self, now: Timestamp) -> Result<Vec<EndpointKey>>;

    /// Takes on up to `limit` deliveries that are due at `now`, oldest first. Until `lease` nobody else is given them; after it they are due
    /// again, unless they were settled. Nothing is due to a disabled endpoint.
    ///
    /// # Errors
    /// None of its own.
    async fn claim(
        &self,
        key: EndpointKey,
        now: Timestamp,
        lease: Timestamp,
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>>;

    /// Notes an attempt that ended `now`, and what it makes of the delivery ([`DeliveryProgress::after`]), of its endpoint too. A delivery that was
    /// settled as delivered by somebody else meanwhile stays so; one that is gone is none.
    ///
    /// # Errors
    /// None of its own.
    ///
    /// [`DeliveryProgress::after`]: crate::domain::webhook::delivery::DeliveryProgress::after
    async fn settle(
        &self,
        key: EndpointKey,
        event: EventId,
        attempt: Attempt,
        chance: u16,
        now: Timestamp,
    ) -> Result<Option<Settlement>>;

    /// Removes a delivery of which there is nothing to tell in the shape that it is for.
    ///
    /// # Errors
    /// None of its own.
    async fn forget(&self, key: EndpointKey, event: EventId) -> Result<()>;
}
