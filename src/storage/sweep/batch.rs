//! What one transaction of the sweep takes.

use uuid::Uuid;

use crate::domain::id::{OrganizationId, ProfileId};
use crate::storage::profiles::row::ProfileKey;

/// The most rows that one transaction changes.
pub(super) const BATCH: i64 = 100;

pub(super) fn key(organization: Uuid, profile: Uuid) -> ProfileKey {
    (OrganizationId::new(organization), ProfileId::new(profile))
}
