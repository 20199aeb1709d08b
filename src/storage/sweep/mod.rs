//! The expiry sweep: what has expired or is past its retention, in small transactions that skip what others have locked.
//! May know what its parent may, the erasure and the locks of profiles, and the expiries of trust.

mod actions;
mod answers;
mod batch;
mod grants;
mod links;
mod repository;
mod secrets;

pub use repository::PgExpiry;
