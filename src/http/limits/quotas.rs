//! Quotas: how many objects a request may create.

use crate::domain::Result;
use crate::domain::idempotency::Idempotency;
use crate::domain::limit::quota::Resource;
use crate::domain::repository::QuotaClaim;
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

/// Admits a request of `caller` that creates a `number` of objects. Without a quota it asks nobody.
///
/// # Errors
/// `Conflict` if the quota would be exceeded.
pub(in crate::http) async fn admit<T>(
    service: &Service,
    caller: &Caller,
    (resource, number): (Resource, u32),
    idempotency: Option<&Idempotency<T>>,
) -> Result<()> {
    let Some(quota) = caller.quotas().of(resource) else { return Ok(()) };
    let key = idempotency.map(|idempotency| &idempotency.key);
    let claim = QuotaClaim { resource, quota, number, key };
    service.ports.quotas.admit(caller.organization(), claim, service.ports.clock.now()).await
}
