//! The service from outside: a real server on a real Postgres, spoken to over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod auth;
mod bad_days;
mod bodies;
mod concurrency;
mod connections;
mod create;
mod cursors;
mod ending;
mod fields;
mod harness;
mod json;
mod lifecycle;
mod list;
mod metadata;
mod properties;
mod routing;
mod starting;
mod support;
mod tenancy;
mod update;
mod version;
