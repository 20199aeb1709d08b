//! HTTP: routes, credentials, limits and the one table from errors to statuses.
//! May know `api`, `domain`, `metrics` and actix; nothing of SQL.

mod auth;
mod body;
mod error;
mod health;
mod idempotency;
mod links;
mod log;
mod metrics;
mod openapi;
mod operator;
mod pages;
mod profiles;
mod routes;
mod seal;
mod server;
mod unread;
mod version;

pub use metrics::serve_metrics;
pub use server::{HttpSettings, LinkSettings, Ports, Service, serve};
