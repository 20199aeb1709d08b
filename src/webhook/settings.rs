//! What the dispatcher is started with.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::clock::Clock;
use crate::domain::random::Randomness;
use crate::domain::repository::DeliveryQueue;
use crate::domain::webhook::url::Reach;

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
    /// The jitter of retries.
    pub randomness: Arc<dyn Randomness>,
}
