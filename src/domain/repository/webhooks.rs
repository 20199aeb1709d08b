//! The ports of webhooks: endpoints for their organization, deliveries for the dispatcher.

use async_trait::async_trait;

use crate::domain::Result;
use crate::domain::clock::Timestamp;
use crate::domain::id::{EventId, OrganizationId, WebhookEndpointId};
use crate::domain::idempotency::{Idempotency, RequestOutcome};
use crate::domain::webhook::delivery::{Attempt, ClaimedDelivery, Delivery, DeliveryUpdate};
use crate::domain::webhook::endpoint::{CursorPage, CursorPageQuery, EndpointKey, EndpointPatch, WebhookEndpoint};
use crate::domain::webhook::secret::SigningSecret;

/// The webhook endpoints of organizations and the deliveries to them. Called by the operator's API and the command line. Each method with
/// an [`Idempotency`] is `Invalid` if its key was used for another request.
#[async_trait]
pub trait WebhookRepository: Send + Sync {
    /// Stores `endpoint`, and `secret` to sign its deliveries with.
    ///
    /// # Errors
    /// `NotFound` if the organization does not exist; `Conflict` if it already has [`MAX_ENDPOINTS`].
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

    /// A cursor page of the organization's endpoints by creation.
    ///
    /// # Errors
    /// None of its own.
    async fn list(
        &self,
        organization: OrganizationId,
        query: CursorPageQuery<WebhookEndpointId>,
    ) -> Result<CursorPage<WebhookEndpoint>>;

    /// Applies `patch` to the stored endpoint ([`WebhookEndpoint::patched`]) and returns it. Deliveries that were pending when the endpoint was
    /// disabled resume when it is enabled.
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

    /// Deletes the endpoint with its deliveries and attempts.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<()>;

    /// Replaces the signing secret by `secret`. The replaced one also signs until `previous_until`; an older one no longer does.
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

    /// A cursor page of the deliveries to an endpoint with their attempts, by event.
    ///
    /// # Errors
    /// `NotFound` if the endpoint does not exist.
    async fn deliveries(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        query: CursorPageQuery<EventId>,
    ) -> Result<CursorPage<Delivery>>;

    /// Queues a delivery again in any state. It is due `now`, with a new retry window.
    ///
    /// # Errors
    /// `NotFound` if the endpoint or the delivery does not exist; `Conflict` while the endpoint is disabled.
    async fn redeliver(
        &self,
        organization: OrganizationId,
        id: WebhookEndpointId,
        event: EventId,
        now: Timestamp,
        idempotency: Option<Idempotency<Delivery>>,
    ) -> Result<RequestOutcome<Delivery>>;
}

/// The queue of deliveries. Called by the dispatcher, in any number of processes at once.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// The enabled endpoints of all organizations with a delivery that is due at `now`, in no particular order.
    ///
    /// # Errors
    /// None of its own.
    async fn due(&self, now: Timestamp) -> Result<Vec<EndpointKey>>;

    /// Claims up to `limit` deliveries that are due at `now`, oldest first. They are due again at `lease` unless an attempt was recorded by
    /// then. Nothing is due to a disabled endpoint.
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

    /// Stores an attempt that ended `now`, and applies its result to the delivery and its endpoint ([`DeliveryProgress::after`], which takes
    /// `jitter`), under both row locks. `None`, and nothing is stored, if the delivery was deleted, or another process recorded it as
    /// delivered.
    ///
    /// # Errors
    /// None of its own.
    ///
    /// [`DeliveryProgress::after`]: crate::domain::webhook::delivery::DeliveryProgress::after
    async fn record_attempt(
        &self,
        key: EndpointKey,
        event: EventId,
        attempt: Attempt,
        jitter: u16,
        now: Timestamp,
    ) -> Result<Option<DeliveryUpdate>>;

    /// Deletes a delivery whose event has no webhook body in the API version of the delivery.
    ///
    /// # Errors
    /// None of its own.
    async fn forget(&self, key: EndpointKey, event: EventId) -> Result<()>;
}
