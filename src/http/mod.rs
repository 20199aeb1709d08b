//! The HTTP API: routes, credentials, versions, limits and the one table from errors to statuses.
//! May know `api`, `domain`, `metrics`, `shares` and actix; nothing of SQL.

mod batches;
mod body;
mod conditional;
mod connection;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod handler;
mod health;
mod idempotency;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod operator;
mod request_record;
mod resource;
mod routes;
mod server;
mod service;
mod settings;
mod user_profiles;

pub(crate) use error::HttpError;
pub use limits::network::Network;
pub(crate) use request_record::RequestRecord;
pub(crate) use resource::path;
pub use server::{serve, serve_metrics};
pub use service::{Ports, Service};
pub(crate) use settings::ENROLLMENT_PATH;
pub use settings::{HttpSettings, LimitSettings, LinkSettings};
