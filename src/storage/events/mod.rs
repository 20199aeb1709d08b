//! Events: the outbox that appends them, and the repository that lists them.
//! May know what its parent may; the outbox queues webhook deliveries.

mod horizon;
mod list;
pub(super) mod outbox;
pub(super) mod profile_events;
mod repository;
pub(super) mod row;

pub use horizon::PgEventHorizon;
pub use outbox::Outbox;
pub use repository::PgEvents;
