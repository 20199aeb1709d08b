//! The domain: profiles, organizations and keys, and the rules that hold whatever the wire looks like.
//! May know no other module, and none of serde, sqlx, actix and clap.

mod base62;
pub mod change;
pub mod clock;
pub mod credential;
pub mod error;
pub mod event;
pub mod external_user;
pub mod id;
pub mod idempotency;
pub mod label;
pub mod metadata;
pub mod page;
pub mod profile;
pub mod profile_list;
pub mod random;
pub mod relationship;
pub mod repository;
pub mod text;
pub mod trust;
pub mod webhook;

pub use error::{Error, ErrorKind, Result};
