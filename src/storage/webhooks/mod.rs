//! Webhook endpoints, and the deliveries that are queued for them.
//! May know what its parent may, and the rows of events.

mod cursor_page;
mod deliveries;
mod delivery_queue;
mod endpoint_row;
mod endpoints;
pub(in crate::storage) mod fan_out;
mod redelivery;
mod settlement;

pub use delivery_queue::PgDeliveries;
pub use endpoints::PgWebhooks;
