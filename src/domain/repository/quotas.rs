//! The port of quotas that are counted from time to time.

use async_trait::async_trait;

use crate::domain::clock::Timestamp;
use crate::domain::error::Result;
use crate::domain::id::OrganizationId;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::limit::quota::Resource;

/// Objects that a request would create.
#[derive(Clone, Copy, Debug)]
pub struct QuotaClaim<'k> {
    /// What they are: open links or profiles. API keys are counted when one is stored.
    pub resource: Resource,
    /// The most that the organization may have.
    pub quota: u32,
    /// How many there will be more.
    pub number: u32,
    /// The idempotency key of the request: what is replayed creates nothing.
    pub key: Option<&'k IdempotencyKey>,
}

/// Quotas of organizations.
#[async_trait]
pub trait QuotaRepository: Send + Sync {
    /// Admits `claim`. Objects are counted at `now` if that was long ago, and those that were admitted since are added. So a quota may be exceeded
    /// by what others create within that time. A request whose key is stored is admitted: it will be replayed.
    ///
    /// # Errors
    /// `Conflict` if the quota would be exceeded.
    async fn admit(&self, organization: OrganizationId, claim: QuotaClaim<'_>, now: Timestamp) -> Result<()>;
}
