//! The port of events.

use async_trait::async_trait;

use crate::domain::error::Result;
use crate::domain::event::{Event, EventQuery};
use crate::domain::id::{EventId, OrganizationId};
use crate::domain::page::Page;

/// The events of an organization. Read only: each change of a profile appends its own events. Called by the operator's API and the
/// command line.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// One page. If `query` names kinds, a bounded number of events is examined: a page may be short or empty and still have a next one.
    /// Otherwise every page but the last is full.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, organization: OrganizationId, query: EventQuery) -> Result<Page<Event, EventId>>;
}
