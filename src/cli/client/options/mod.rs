//! The flags that all client verbs share: which service is called, and how its answers are printed.
//! May know the other files of the client verbs, except the transport and those of single verbs.

mod client;
mod service;

pub(in crate::cli) use client::ClientOptions;
pub(in crate::cli) use service::ServiceOptions;
