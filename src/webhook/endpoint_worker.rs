//! The worker of one endpoint: claims its due deliveries and attempts them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::attempt::{Attempts, cause};
use crate::domain::id::OrganizationId;
use crate::domain::webhook::endpoint::EndpointKey;
use crate::shares::{OrganizationShares, SharePermit};

/// The most attempts in flight to one endpoint. A worker starts with one and doubles while deliveries succeed.
const MAX_IN_FLIGHT_PER_ENDPOINT: usize = 8;

/// What all endpoint workers share.
pub(super) struct EndpointWorkers {
    pub(super) attempts: Arc<Attempts>,
    /// One permit per attempt in flight. First come, first served, so workers take turns.
    pub(super) in_flight: Arc<Semaphore>,
    /// How many of them one organization holds: endpoints that do not answer must not delay the deliveries of others.
    pub(super) shares: OrganizationShares,
    /// How long a claim lasts.
    pub(super) lease: Duration,
    pub(super) stopping: watch::Receiver<bool>,
}

impl EndpointWorkers {
    /// Sends to the endpoint `key` until no delivery to it is due, a claim fails, or the dispatcher stops. Returns `key`.
    pub(super) async fn run(self: Arc<Self>, key: EndpointKey) -> EndpointKey {
        let mut max_in_flight = 1;
        let mut stopping = self.stopping.clone();
        loop {
            let (mut share, permit) = tokio::select! {
                // In this order, so that nothing is claimed after the stop.
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                permits = self.permits(key.organization) => permits,
            };
            let Ok(permit) = permit else { break };
            let more = self.free_permits(share.extend(max_in_flight - 1));
            let limit = 1 + more.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let ports = &self.attempts.ports;
            let now = ports.clock.now();
            let claims = match ports.queue.claim(key, now, now + self.lease, limit).await {
                Ok(claims) => claims,
                Err(error) => {
                    tracing::warn!(
                        organization.id = %key.organization,
                        webhook.endpoint = %key.endpoint,
                        error.cause = cause(&error),
                        "webhook deliveries could not be claimed; retrying with the next poll"
                    );
                    break;
                }
            };
            let count = claims.len();
            let mut attempts = JoinSet::new();
            for claim in claims {
                attempts.spawn(Arc::clone(&self.attempts).deliver(key, claim));
            }
            let all_accepted = attempts.join_all().await.into_iter().all(|accepted| accepted);
            drop((permit, more, share));
            if count < limit {
                break;
            }
            max_in_flight = if all_accepted { (max_in_flight * 2).min(MAX_IN_FLIGHT_PER_ENDPOINT) } else { 1 };
        }
        key
    }

    /// A place in the organization's share, and then one in flight.
    async fn permits(&self, organization: OrganizationId) -> (SharePermit, Result<OwnedSemaphorePermit, AcquireError>) {
        let share = self.shares.acquire(organization).await;
        (share, Arc::clone(&self.in_flight).acquire_owned().await)
    }

    /// Up to `wanted` permits, without waiting.
    fn free_permits(&self, wanted: usize) -> Option<OwnedSemaphorePermit> {
        let count = u32::try_from(self.in_flight.available_permits().min(wanted)).ok()?;
        Arc::clone(&self.in_flight).try_acquire_many_owned(count).ok()
    }
}
