//! HTTP: routes, credentials, limits and the one table from errors to statuses.
//! May know `api`, `domain`, `metrics` and actix; nothing of SQL.

mod auth;
mod body;
mod error;
mod health;
mod idempotency;
mod links;
mod metrics;
mod openapi;
mod operator;
mod pages;
mod profiles;
mod request_log;
mod routes;
mod server;
mod version;

pub use metrics::serve_metrics;
pub use server::{HttpSettings, LinkSettings, Ports, Service, serve};
