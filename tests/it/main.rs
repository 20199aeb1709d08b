//! The service from outside: a real server on a real Postgres, spoken to over HTTP.

mod auth;
mod bodies;
mod connections;
mod create;
mod cursors;
mod fields;
mod harness;
mod json;
mod lifecycle;
mod list;
mod metadata;
mod routing;
mod support;
mod tenancy;
mod update;
mod version;
