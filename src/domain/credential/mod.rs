//! Organizations and the API keys that act for them.
//! May know what its parent may.

pub mod api_key;
pub mod organization;
