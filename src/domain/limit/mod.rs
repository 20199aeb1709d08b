//! Limits of organizations and API keys: how many requests they may make, and how many objects they may have.
//! May know what its parent may.

pub mod gcra;
pub mod quota;
pub mod rate_limit;
