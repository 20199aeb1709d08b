//! The service from outside: a real server on a real Postgres, spoken to over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod bulk;
mod credentials;
mod enrollment;
mod events;
mod find;
mod harness;
mod idempotency;
mod limits;
mod operations;
mod profiles;
mod support;
mod trust;
mod walk;
mod webhooks;
mod wire;
