//! Events: the outbox that appends them, and the lists that read them.
//! May know what its parent may; the outbox queues webhook deliveries.

pub(in crate::storage) mod outbox;
pub(in crate::storage) mod repository;

pub use outbox::Outbox;
pub use repository::PgEvents;
