//! Requests over HTTP: sending, retries, and the trace of `--debug`.
//! May know the other files of the client verbs, except those of single verbs.

pub(in crate::cli) mod agent;
pub(in crate::cli) mod client;
pub(in crate::cli) mod retry;
mod trace;
