//! What a statement of this module is about.

use crate::domain::clock::Timestamp;
use crate::domain::id::OrganizationId;
use crate::domain::profile::list::ProfileQuery;

/// The next profiles of a list.
#[derive(Clone, Copy)]
pub(super) struct Search<'q> {
    pub(super) organization: OrganizationId,
    pub(super) query: &'q ProfileQuery,
    pub(super) now: Timestamp,
    /// The most profiles.
    pub(super) count: i64,
}
