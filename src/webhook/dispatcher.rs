//! Sends due deliveries: one worker per endpoint, so that a slow endpoint delays no other.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::metrics::AttemptMetrics;
use super::sender::{Message, Sender};
use super::signature::sign;
use crate::api::webhook_event;
use crate::domain::clock::Clock;
use crate::domain::id::EventId;
use crate::domain::random::Randomness;
use crate::domain::repository::DeliveryQueue;
use crate::domain::webhook::delivery::{Attempt, AttemptOutcome, ClaimedDelivery};
use crate::domain::webhook::endpoint::EndpointKey;
use crate::domain::webhook::url::Reach;
use crate::domain::{Error, Result};
use crate::metrics::Registry;

/// The most attempts in flight to one endpoint. A worker starts with one and doubles while deliveries succeed.
const MAX_IN_FLIGHT_PER_ENDPOINT: usize = 8;

/// How deliveries are sent.
#[derive(Clone, Copy, Debug)]
pub struct DispatcherSettings {
    /// Which addresses they may go to.
    pub reach: Reach,
    /// Time limit of an attempt.
    pub timeout: Duration,
    /// Pause between two polls for due deliveries.
    pub poll: Duration,
    /// The most attempts in flight.
    pub concurrency: usize,
}

/// The ports that the dispatcher calls.
#[derive(Clone)]
pub struct DispatcherPorts {
    /// The queue of deliveries.
    pub queue: Arc<dyn DeliveryQueue>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub randomness: Arc<dyn Randomness>,
}

/// Sends deliveries until it is stopped.
#[derive(Debug)]
pub struct Dispatcher {
    stop: StopDispatcher,
    running: JoinHandle<()>,
}

/// Stops a [`Dispatcher`] from claiming more deliveries.
#[derive(Clone, Debug)]
pub struct StopDispatcher(Arc<watch::Sender<bool>>);

impl StopDispatcher {
    /// Attempts in flight go on.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Dispatcher {
    /// Starts, and counts in `registry`. Must be called within a runtime.
    #[must_use]
    pub fn start(ports: DispatcherPorts, settings: DispatcherSettings, registry: &Registry) -> Self {
        let (sender, stopping) = watch::channel(false);
        let state = Arc::new(DispatcherState {
            ports,
            sender: Arc::new(Sender::new(settings.reach, settings.timeout)),
            permits: Arc::new(Semaphore::new(settings.concurrency)),
            // By then an attempt has ended and its result is stored.
            lease: settings.timeout * 2,
            metrics: AttemptMetrics::new(registry),
            stopping,
        });
        let running = tokio::spawn(state.run(settings.poll));
        Self { stop: StopDispatcher(Arc::new(sender)), running }
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> StopDispatcher {
        self.stop.clone()
    }

    /// Claims nothing more, and waits up to `grace` for attempts in flight. A delivery without a stored result is sent again by another
    /// process.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.stop();
        if tokio::time::timeout(grace, &mut self.running).await.is_err() {
            self.running.abort();
        }
    }
}

/// Shared by the workers.
struct DispatcherState {
    ports: DispatcherPorts,
    sender: Arc<Sender>,
    /// Handed out in the order in which they are asked for, so that workers take turns.
    permits: Arc<Semaphore>,
    lease: Duration,
    metrics: AttemptMetrics,
    stopping: watch::Receiver<bool>,
}

impl DispatcherState {
    async fn run(self: Arc<Self>, poll: Duration) {
        let (mut workers, mut open) = (JoinSet::new(), HashSet::new());
        let mut stopping = self.stopping.clone();
        let mut reachable = true;
        while !*stopping.borrow_and_update() {
            match self.ports.queue.due(self.ports.clock.now()).await {
                Ok(due) => {
                    reachable = true;
                    for key in due.into_iter().filter(|key| open.insert(*key)) {
                        workers.spawn(Arc::clone(&self).run_worker(key));
                    }
                }
                // Logged once per outage, not once per poll.
                Err(error) if reachable => {
                    reachable = false;
                    warn("webhook poll failed; retrying with the next poll", &error);
                }
                Err(_) => {}
            }
            let pause = tokio::time::sleep(poll);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    _ = stopping.changed() => break,
                    Some(ended) = workers.join_next() => {
                        if let Ok(key) = ended {
                            open.remove(&key);
                        }
                    }
                }
            }
        }
        while workers.join_next().await.is_some() {}
    }

    /// Sends to one endpoint until no delivery is due there.
    async fn run_worker(self: Arc<Self>, key: EndpointKey) -> EndpointKey {
        let mut width = 1;
        let mut stopping = self.stopping.clone();
        loop {
            let permit = tokio::select! {
                // In this order, so that nothing is claimed after the stop.
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                permit = Arc::clone(&self.permits).acquire_owned() => permit,
            };
            let Ok(permit) = permit else { break };
            // More permits only if they are free now.
            let free = self.permits.available_permits().min(width - 1);
            let more =
                u32::try_from(free).ok().and_then(|free| Arc::clone(&self.permits).try_acquire_many_owned(free).ok());
            let limit = 1 + more.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let now = self.ports.clock.now();
            let claims = match self.ports.queue.claim(key, now, now + self.lease, limit).await {
                Ok(claims) => claims,
                Err(error) => {
                    warn("webhook deliveries could not be claimed; retrying with the next poll", &error);
                    break;
                }
            };
            let count = claims.len();
            let mut under_way = JoinSet::new();
            for claim in claims {
                under_way.spawn(Arc::clone(&self).deliver(key, claim));
            }
            let accepted = under_way.join_all().await.into_iter().all(|accepted| accepted);
            drop((permit, more));
            if count < limit {
                break;
            }
            width = if accepted { (width * 2).min(MAX_IN_FLIGHT_PER_ENDPOINT) } else { 1 };
        }
        key
    }

    /// Makes one attempt and stores its result; answers whether the endpoint accepted the delivery.
    #[tracing::instrument(
        name = "webhook.attempt",
        level = "error",
        skip_all,
        fields(organization.id = %key.organization, webhook.endpoint = %key.endpoint, webhook.id = %claim.event.id)
    )]
    async fn deliver(self: Arc<Self>, key: EndpointKey, claim: ClaimedDelivery) -> bool {
        match self.attempt(key, claim).await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(
                    error.cause = cause(&error),
                    "webhook delivery result could not be stored; it will be delivered again"
                );
                false
            }
        }
    }

    async fn attempt(&self, key: EndpointKey, claim: ClaimedDelivery) -> Result<bool> {
        let event = claim.event.id;
        let Some(body) = webhook_event::body(key.organization, &claim.event, &claim.version)? else {
            self.ports.queue.forget(key, event).await?;
            return Ok(true);
        };
        let at = self.ports.clock.now();
        let (id, timestamp) = (event.to_string(), at.unix_timestamp());
        let signature = sign(&claim.secrets, &id, timestamp, &body);
        let outcome = self.send(claim, Message { id, timestamp, signature, body }).await;
        let now = self.ports.clock.now();
        let took = (now - at).try_into().unwrap_or_default();
        let attempt = Attempt { at, took, outcome };
        self.metrics.count(&attempt);
        self.settle(key, event, attempt).await
    }

    async fn settle(&self, key: EndpointKey, event: EventId, attempt: Attempt) -> Result<bool> {
        let accepted = attempt.outcome.is_accepted();
        let bits = self.ports.randomness.bits()?;
        let jitter = u16::from_le_bytes([bits[0], bits[1]]);
        let now = self.ports.clock.now();
        let settled = self.ports.queue.settle(key, event, attempt, jitter, now).await?;
        if let Some(why) = settled.and_then(|settled| settled.disables) {
            tracing::warn!(reason = why, "webhook endpoint disabled; enable it again once it accepts deliveries");
        }
        Ok(accepted)
    }

    /// A thread per attempt: one that hangs does not keep the process from ending, as a thread of the runtime would.
    async fn send(&self, claim: ClaimedDelivery, message: Message) -> AttemptOutcome {
        let (answer, answered) = oneshot::channel();
        let sender = Arc::clone(&self.sender);
        let spawned = thread::Builder::new().name("webhook".to_owned()).spawn(move || {
            // The receiver is gone once the dispatcher has ended.
            _ = answer.send(sender.send(&claim.url, &message));
        });
        if spawned.is_err() {
            return AttemptOutcome::Unanswered("this service has no thread to spare".into());
        }
        answered.await.unwrap_or_else(|_| AttemptOutcome::Unanswered("the attempt failed".into()))
    }
}

fn warn(what: &'static str, error: &Error) {
    tracing::warn!(error.cause = cause(error), "{what}");
}

fn cause(error: &Error) -> String {
    error.cause.as_ref().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
