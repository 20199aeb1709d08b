//! What uprof is about: profiles, their organizations and keys, and the rules that hold for them whatever the wire looks like.
//! Knows nobody: no room of ours, and none of serde, sqlx and actix.

pub mod api_key;
mod base62;
pub mod clock;
pub mod enforcement;
pub mod enforcement_record;
pub mod enrollment;
pub mod error;
pub mod event;
pub mod external_user;
pub mod grant_decision;
pub mod id;
pub mod idempotency;
pub mod metadata;
pub mod organization;
pub mod page;
pub mod profile;
pub mod random;
pub mod relationship;
pub mod repository;
pub mod text;
pub mod trust_grant;
pub mod webhook;
pub mod word;

pub use error::{Error, ErrorKind, Result};
