//! Webhooks: where an organization wants to hear of what happens, and what becomes of telling it.
//! May know what its parent may.

pub mod address;
pub mod delivery;
pub mod endpoint;
pub mod retry;
pub mod secret;
pub mod url;
