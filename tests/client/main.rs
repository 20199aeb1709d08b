//! The client verbs from outside: the binary against the service, or against a peer that records its requests.

mod arguments;
mod bulk;
mod command;
mod documentation;
mod errors;
mod formats;
mod input;
mod lists;
mod metadata;
mod peer;
mod quick_start;
mod retries;
mod sent;
mod shells;
#[path = "../it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests of the wire use more of it")]
mod support;
mod verbs;
