//! The ports of the background jobs that record expiries, and delete what is past its retention.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;

/// Records what has expired, and deletes expired rows, for all organizations. Called by the background jobs. Reads do not depend on it: an
/// expiry holds for them at once. Each call handles a bounded number of rows, skips rows that another transaction has locked, and returns
/// how many it handled.
#[async_trait]
pub trait ExpiryRepository: Send + Sync {
    /// Withdraws grants that have expired at `now`, and appends their events.
    ///
    /// # Errors
    /// None of its own.
    async fn expire_grants(&self, now: Timestamp) -> Result<usize>;

    /// Resolves enforcement actions that have expired at `now`, and appends their events.
    ///
    /// # Errors
    /// None of its own.
    async fn expire_actions(&self, now: Timestamp) -> Result<usize>;

    /// Deletes the next rows of one erased profile that had too many to be deleted with it.
    ///
    /// # Errors
    /// None of its own.
    async fn purge_erased(&self) -> Result<usize>;

    /// Deletes enrollment links that expired unused.
    ///
    /// # Errors
    /// None of its own.
    async fn delete_expired_links(&self, now: Timestamp) -> Result<usize>;

    /// Deletes signing secrets of webhook endpoints that were replaced and are past their time.
    ///
    /// # Errors
    /// None of its own.
    async fn delete_expired_secrets(&self, now: Timestamp) -> Result<usize>;

    /// Deletes answers that were stored for replays longer than [`IDEMPOTENCY_RETENTION`] ago.
    ///
    /// # Errors
    /// None of its own.
    ///
    /// [`IDEMPOTENCY_RETENTION`]: crate::domain::idempotency::IDEMPOTENCY_RETENTION
    async fn delete_expired_answers(&self, now: Timestamp) -> Result<usize>;
}

/// Deletes old rows of all organizations. Called by a background job. Each call is one transaction that deletes at most 100 rows of an
/// organization (deliveries: of an endpoint) and at most 1,000 in all, skips rows that another transaction has locked, and returns how many it
/// deleted.
#[async_trait]
pub trait RetentionRepository: Send + Sync {
    /// Deletes events from `before` that moment, and the stored values of the history that belong to them. An event with a pending delivery to
    /// an enabled endpoint stays.
    ///
    /// # Errors
    /// None of its own.
    async fn delete_events(&self, before: Timestamp) -> Result<usize>;

    /// Deletes webhook deliveries of events from `before` that moment, with their attempts. Pending ones of enabled endpoints stay.
    ///
    /// # Errors
    /// None of its own.
    async fn delete_deliveries(&self, before: Timestamp) -> Result<usize>;
}
