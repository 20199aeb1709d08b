//! An organization: the tenant that profiles and keys belong to.

use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::limit::quota::{Quotas, QuotasPatch};
use crate::domain::limit::rate_limit::{RateLimits, RateLimitsPatch};
use crate::domain::text::DisplayName;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Unique.
    pub id: OrganizationId,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its display name.
    pub name: DisplayName,
    /// The label of the API version of requests that name none. `api` defines the labels.
    pub default_version: String,
    /// The rate limits of all its requests together.
    pub rate_limits: RateLimits,
    /// How many objects it may have.
    pub quotas: Quotas,
}

/// The changes of an update; `None` leaves a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationPatch {
    /// Its display name.
    pub name: Option<DisplayName>,
    /// The label of the API version of requests that name none.
    pub default_version: Option<String>,
    /// Its rate limits.
    pub rate_limits: RateLimitsPatch,
    /// Its quotas.
    pub quotas: QuotasPatch,
}
