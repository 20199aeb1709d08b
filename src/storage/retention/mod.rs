//! The retention of events and webhook deliveries: what is older is deleted in small transactions that skip what others have locked.
//! May know what its parent may.

mod batch;
mod deliveries;
mod events;
mod repository;

pub use repository::PgRetention;
