//! Webhooks: endpoints, deliveries and their retries, and the URLs and addresses that are allowed.
//! May know what its parent may.

pub mod address;
pub mod delivery;
pub mod endpoint;
pub mod retry;
pub mod secret;
pub mod url;
