//! Quotas: how many objects a request may create.

use crate::domain::Result;
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::limit::quota::Resource;
use crate::domain::repository::QuotaClaim;
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

/// Admits a request of `caller`, under an idempotency `key` or none, that creates a `number` of objects. Without a quota it asks nobody.
///
/// # Errors
/// `Conflict` if the quota would be exceeded.
pub(in crate::http) async fn admit(
    service: &Service,
    caller: &Caller,
    (resource, number): (Resource, u32),
    key: Option<&IdempotencyKey>,
) -> Result<()> {
    let Some(quota) = caller.quotas().of(resource) else { return Ok(()) };
    let claim = QuotaClaim { resource, quota, number, key };
    service.ports.quotas.admit(caller.organization(), claim, service.ports.clock.now()).await
}
