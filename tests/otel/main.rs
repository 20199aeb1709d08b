//! What reaches a collector of traces: a receiver that decodes with the published crate of the protocol.
//! Part of builds with the feature `otel`: cargo test --features otel --test otel
#![expect(clippy::unwrap_used, clippy::panic, reason = "a collector that does not start fails the test")]

mod collector;
mod outage;
mod privacy;
mod settings;
mod traces;

#[expect(dead_code, reason = "shared with tests that need more of it")]
#[path = "../service/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "shared with tests that need more of it")]
#[path = "../service/process.rs"]
mod process;
#[expect(dead_code, reason = "shared with tests that need more of it")]
#[path = "../service/scratch.rs"]
mod scratch;
#[expect(dead_code, unused_imports, reason = "shared with tests that need more of it")]
#[path = "../it/support/mod.rs"]
mod support;
