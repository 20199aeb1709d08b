//! The client verbs of the command line from outside: the real binary, against the real service, or against a peer that shows
//! what is sent.

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
