//! The domain: profiles, grants, webhooks, organizations and keys, with the rules that hold in every API version.
//! May know no other module, and none of serde, sqlx, actix and clap.

mod base62;
pub mod clock;
pub mod credential;
pub mod error;
pub mod event;
pub mod history;
pub mod id;
pub mod idempotency;
pub mod label;
pub mod limit;
pub mod page;
pub mod profile;
pub mod random;
pub mod repository;
pub mod text;
pub mod trust;
pub mod webhook;

pub use error::{Error, ErrorKind, Result};
