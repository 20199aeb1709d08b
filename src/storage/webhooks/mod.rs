//! Webhook endpoints and their deliveries: fan-out, queue, settlement, lists.
//! May know what its parent may, and the rows of events.

mod cursor_page;
mod deliveries;
mod delivery_queue;
mod endpoint_changes;
mod endpoint_row;
mod endpoints;
pub(super) mod fan_out;
mod redelivery;
mod settlement;

pub use delivery_queue::PgDeliveries;
pub use endpoints::PgWebhooks;
