//! The verbs that transfer many profiles: from a file to a service, and from a service to a file.
//! May know `api`, `domain`, and of its parent how a verb ends and the transport of the client verbs.

mod export;
mod failure;
mod file_format;
mod import;
mod progress;
mod service;
mod shape;

pub(super) use export::Export;
pub(super) use import::Import;
