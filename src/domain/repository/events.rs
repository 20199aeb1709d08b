//! The port of events.

use async_trait::async_trait;

use crate::domain::error::Result;
use crate::domain::event::{Event, EventKeyset, EventQuery};
use crate::domain::id::OrganizationId;
use crate::domain::page::Page;

/// The events of an organization. Read only: each change of a profile appends its own events. Called by the operator's API and the
/// command line.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// One page. Newest first, it shows every committed event. Oldest first, an event is shown once no transaction is open that might still
    /// append one before it: a client that reads page after page, and the page without a next one again later, sees every event.
    ///
    /// If `query` has a filter, a bounded number of events is examined: a page may be short or empty and still have a next one. Otherwise
    /// every page but the last is full.
    ///
    /// # Errors
    /// None of its own.
    async fn list(&self, organization: OrganizationId, query: EventQuery) -> Result<Page<Event, EventKeyset>>;
}

/// The progress of the list of events, over all organizations. Called by a background job.
#[async_trait]
pub trait EventHorizon: Send + Sync {
    /// The position behind which events are not yet shown to clients that read oldest first, because the transaction that appends the next
    /// one is open; `None` if no transaction appends events.
    ///
    /// # Errors
    /// None of its own.
    async fn held_back_at(&self) -> Result<Option<i64>>;
}
