//! Polls for due deliveries and runs one worker per endpoint, so that a slow endpoint delays no other.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::attempt::{Attempts, cause};
use super::endpoint_worker::EndpointWorkers;
use super::metrics::AttemptMetrics;
use super::roots::TrustedRoots;
use super::sender::Sender;
use super::settings::{DispatcherPorts, DispatcherSettings};
use crate::metrics::Registry;
use crate::shares::OrganizationShares;

/// One organization holds at most this part of the attempts in flight.
const ORGANIZATION_SHARE: usize = 4;

/// With one attempt in flight, an endpoint that does not answer would delay the others of its organization.
const SMALLEST_SHARE: usize = 2;

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
    /// Starts a dispatcher with its metrics in `registry`. Must be called within a runtime.
    #[must_use]
    pub fn start(
        ports: DispatcherPorts,
        settings: DispatcherSettings,
        roots: &TrustedRoots,
        registry: &Registry,
    ) -> Self {
        let (sender, stopping) = watch::channel(false);
        let attempts = Arc::new(Attempts {
            ports,
            sender: Arc::new(Sender::new(settings.reach, settings.timeout, roots)),
            metrics: AttemptMetrics::new(registry),
        });
        let workers = Arc::new(EndpointWorkers {
            attempts,
            in_flight: Arc::new(Semaphore::new(settings.concurrency)),
            shares: OrganizationShares::new((settings.concurrency / ORGANIZATION_SHARE).max(SMALLEST_SHARE)),
            // By then an attempt has ended and its result is stored.
            lease: settings.timeout * 2,
            stopping,
        });
        let running = tokio::spawn(poll(workers, settings.poll));
        Self { stop: StopDispatcher(Arc::new(sender)), running }
    }

    /// A handle that stops it.
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

/// Starts a worker for each endpoint with a due delivery that has none, every `interval`, until the stop; then waits for the workers.
async fn poll(workers: Arc<EndpointWorkers>, interval: Duration) {
    let (mut running, mut endpoints) = (JoinSet::new(), HashSet::new());
    let mut stopping = workers.stopping.clone();
    let ports = &workers.attempts.ports;
    let mut reachable = true;
    while !*stopping.borrow_and_update() {
        match ports.queue.due(ports.clock.now()).await {
            Ok(due) => {
                reachable = true;
                for key in due.into_iter().filter(|key| endpoints.insert(*key)) {
                    running.spawn(Arc::clone(&workers).run(key));
                }
            }
            // Logged once per outage, not once per poll.
            Err(error) if reachable => {
                reachable = false;
                tracing::warn!(
                    error.cause = cause(&error),
                    "webhook poll failed; retrying in {}",
                    humantime::format_duration(interval)
                );
            }
            Err(_) => {}
        }
        let pause = tokio::time::sleep(interval);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                _ = stopping.changed() => break,
                Some(ended) = running.join_next() => {
                    if let Ok(key) = ended {
                        endpoints.remove(&key);
                    }
                }
            }
        }
    }
    while running.join_next().await.is_some() {}
}
