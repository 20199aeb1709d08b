//! TLS to Postgres and to the receivers of webhooks: real servers, whose certificates an authority of the test signs.
//! Part of builds with the feature `tls`: cargo test --features tls --test tls
#![expect(clippy::unwrap_used, clippy::panic, reason = "a server that does not start fails the test")]

mod authority;
mod postgres_server;
mod postgres_tls;
mod webhook_tls;

#[expect(dead_code, reason = "shared with tests that need more of it")]
#[path = "../service/postgres.rs"]
mod postgres;
#[expect(dead_code, reason = "shared with tests that need more of it")]
#[path = "../service/process.rs"]
mod process;
#[path = "../service/scratch.rs"]
mod scratch;
#[expect(dead_code, unused_imports, reason = "shared with tests that need more of it")]
#[path = "../it/support/mod.rs"]
mod support;
