//! Webhooks: where an organization wants to hear of what happens, and what becomes of telling it.
//! Knows the rest of the domain only.

pub mod address;
pub mod delivery;
pub mod endpoint;
pub mod retry;
pub mod secret;
pub mod url;
