//! Requests over HTTP: where to, how often, and what is shown of them.
//! May know what its parent may.

pub(in crate::cli) mod client;
mod retry;
mod trace;
