//! The processes as an operator meets them: `uprof dev`, `uprof serve` and the verbs, with real signals, kills, and a database that
//! fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a process that does not do as it should fails the test")]

mod database_faults;
mod dev;
mod kill;
mod log;
mod metrics;
mod postgres;
mod process;
mod recovery;
mod refusals;
mod scratch;
mod settings;
mod silence;
mod sockets;
mod stop;
mod verbs;
mod webhooks;

#[expect(dead_code, unused_imports, reason = "shared with tests that need more of it")]
#[path = "../it/support/mod.rs"]
mod support;
