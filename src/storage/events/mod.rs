//! Events: the outbox that appends them, and the repository that lists them.
//! May know what its parent may; the outbox queues webhook deliveries.

pub(super) mod outbox;
pub(super) mod repository;

pub use outbox::Outbox;
pub use repository::PgEvents;
