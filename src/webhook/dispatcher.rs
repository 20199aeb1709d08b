//! Delivers what is due: a lane for each endpoint, so that a slow one holds up nobody but itself.

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

/// The most deliveries on their way to one endpoint at once. A lane begins with one, and has more as they succeed.
const MAX_IN_FLIGHT_PER_ENDPOINT: usize = 8;

/// How deliveries are made.
#[derive(Clone, Copy, Debug)]
pub struct DispatcherSettings {
    /// How far they go.
    pub reach: Reach,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
    /// How often to look for what is due.
    pub poll: Duration,
    /// The most on their way at once.
    pub concurrency: usize,
}

/// What deliveries stand on.
#[derive(Clone)]
pub struct DispatcherPorts {
    /// Where they come from.
    pub queue: Arc<dyn DeliveryQueue>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Decides when to try again.
    pub randomness: Arc<dyn Randomness>,
}

/// Delivers until it is stopped.
#[derive(Debug)]
pub struct Dispatcher {
    stop: StopDispatcher,
    running: JoinHandle<()>,
}

/// Tells a [`Dispatcher`] to take on nothing more.
#[derive(Clone, Debug)]
pub struct StopDispatcher(Arc<watch::Sender<bool>>);

impl StopDispatcher {
    /// What is on its way goes on.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Dispatcher {
    /// Begins, and counts in `registry`. Must be called within a runtime.
    #[must_use]
    pub fn start(ports: DispatcherPorts, settings: DispatcherSettings, registry: &Registry) -> Self {
        let (sender, stopping) = watch::channel(false);
        let worker = Arc::new(Worker {
            ports,
            sender: Arc::new(Sender::new(settings.reach, settings.timeout)),
            places: Arc::new(Semaphore::new(settings.concurrency)),
            // An attempt has ended by then, one way or another, and been settled.
            lease: settings.timeout * 2,
            metrics: AttemptMetrics::new(registry),
            stopping,
        });
        let running = tokio::spawn(worker.run(settings.poll));
        Self { stop: StopDispatcher(Arc::new(sender)), running }
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> StopDispatcher {
        self.stop.clone()
    }

    /// Takes on nothing more, and waits up to `grace` for what is on its way. What is not settled then is tried again by others.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.stop();
        if tokio::time::timeout(grace, &mut self.running).await.is_err() {
            self.running.abort();
        }
    }
}

/// What all lanes share.
struct Worker {
    ports: DispatcherPorts,
    sender: Arc<Sender>,
    /// Handed out in the order in which they are asked for, so that lanes take turns.
    places: Arc<Semaphore>,
    lease: Duration,
    metrics: AttemptMetrics,
    stopping: watch::Receiver<bool>,
}

impl Worker {
    async fn run(self: Arc<Self>, poll: Duration) {
        let (mut lanes, mut open) = (JoinSet::new(), HashSet::new());
        let mut stopping = self.stopping.clone();
        let mut reachable = true;
        while !*stopping.borrow_and_update() {
            match self.ports.queue.due(self.ports.clock.now()).await {
                Ok(due) => {
                    reachable = true;
                    for key in due.into_iter().filter(|key| open.insert(*key)) {
                        lanes.spawn(Arc::clone(&self).drive(key));
                    }
                }
                // Told once: the next look may come a second later, and the one after.
                Err(error) if reachable => {
                    reachable = false;
                    warn("webhooks cannot be looked for", &error);
                }
                Err(_) => {}
            }
            let pause = tokio::time::sleep(poll);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    _ = stopping.changed() => break,
                    Some(ended) = lanes.join_next() => {
                        if let Ok(key) = ended {
                            open.remove(&key);
                        }
                    }
                }
            }
        }
        while lanes.join_next().await.is_some() {}
    }

    /// Delivers to one endpoint until nothing more is due there.
    async fn drive(self: Arc<Self>, key: EndpointKey) -> EndpointKey {
        let mut width = 1;
        let mut stopping = self.stopping.clone();
        loop {
            let place = tokio::select! {
                // The first that is ready: a place that is free is not taken once nothing more is to be begun.
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                place = Arc::clone(&self.places).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            // Those that are free, without waiting for more.
            let free = self.places.available_permits().min(width - 1);
            let more =
                u32::try_from(free).ok().and_then(|free| Arc::clone(&self.places).try_acquire_many_owned(free).ok());
            let limit = 1 + more.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
            let now = self.ports.clock.now();
            let claims = match self.ports.queue.claim(key, now, now + self.lease, limit).await {
                Ok(claims) => claims,
                Err(error) => {
                    warn("webhooks cannot be taken on", &error);
                    break;
                }
            };
            let count = claims.len();
            let mut under_way = JoinSet::new();
            for claim in claims {
                under_way.spawn(Arc::clone(&self).deliver(key, claim));
            }
            let taken = under_way.join_all().await.into_iter().all(|taken| taken);
            drop((place, more));
            if count < limit {
                break;
            }
            width = if taken { (width * 2).min(MAX_IN_FLIGHT_PER_ENDPOINT) } else { 1 };
        }
        key
    }

    /// Makes one attempt and settles it; answers whether the endpoint took the delivery.
    async fn deliver(self: Arc<Self>, key: EndpointKey, claim: ClaimedDelivery) -> bool {
        let event = claim.event.id;
        match self.attempt(key, claim).await {
            Ok(taken) => taken,
            Err(error) => {
                // It is due again when the lease ends.
                tracing::warn!(webhook.endpoint = %key.endpoint, webhook.id = %event, error.cause = cause(&error), "a webhook was not settled");
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
        let taken = attempt.outcome.is_taken();
        let bits = self.ports.randomness.bits()?;
        let chance = u16::from_le_bytes([bits[0], bits[1]]);
        let now = self.ports.clock.now();
        let settled = self.ports.queue.settle(key, event, attempt, chance, now).await?;
        if let Some(why) = settled.and_then(|settled| settled.disables) {
            tracing::warn!(organization.id = %key.organization, webhook.endpoint = %key.endpoint, reason = why, "a webhook endpoint was disabled");
        }
        Ok(taken)
    }

    /// A thread an attempt: one that hangs is left behind when the process ends, which a runtime's own threads would keep from ending.
    async fn send(&self, claim: ClaimedDelivery, message: Message) -> AttemptOutcome {
        let (answer, answered) = oneshot::channel();
        let sender = Arc::clone(&self.sender);
        let spawned = thread::Builder::new().name("webhook".to_owned()).spawn(move || {
            // Nobody waits any more where the dispatcher has ended.
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
