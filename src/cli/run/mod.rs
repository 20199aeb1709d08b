//! Verbs that run the service, prepare its database, or describe the program.
//! May know what its parent may, and of the administrative verbs how an organization and a key are made.

pub(in crate::cli) mod completions;
pub(in crate::cli) mod config;
pub(in crate::cli) mod dev;
pub(in crate::cli) mod health;
pub(in crate::cli) mod man;
pub(in crate::cli) mod migrate;
pub(in crate::cli) mod openapi;
pub(in crate::cli) mod serve;
mod shutdown;
