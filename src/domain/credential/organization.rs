//! An organization: the tenant that profiles and keys belong to.

use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::text::DisplayName;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Unique.
    pub id: OrganizationId,
    /// When it was created.
    pub created_at: Timestamp,
    /// What people call it.
    pub name: DisplayName,
    /// The label of the shape that requests get which name none. What labels there are, the wire decides.
    pub default_version: String,
}

/// What an update says; `None` leaves a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationPatch {
    /// What people call it.
    pub name: Option<DisplayName>,
    /// The label of the shape that requests get which name none.
    pub default_version: Option<String>,
}
