//! The service from outside: a real server on a real Postgres, spoken to over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect fails")]

mod auth;
mod bad_days;
mod batching;
mod bodies;
mod by_name;
mod concurrency;
mod connections;
mod create;
mod cursors;
mod details;
mod documents;
mod ending;
mod erasure;
mod fields;
mod fields_by_shape;
mod filter;
mod harness;
mod json;
mod lifecycle;
mod links;
mod list;
mod metadata;
mod pages;
mod plans;
mod properties;
mod resolution;
mod routing;
mod shapes;
mod starting;
mod support;
mod tenancy;
mod timestamps;
mod trust;
mod update;
mod version;
