//! Rate limits of organizations and API keys: how many requests they may make, and when one is too many.
//! May know what its parent may.

pub mod gcra;
pub mod rate_limit;
