//! The wire: what requests and answers look like, one folder a dated shape; each holds only what changed.
//! May know `domain` and serde; nothing of actix or SQL.

use serde::Serialize;

use crate::domain::profile::{Profile, ProfileDraft, ProfilePatch};

pub mod body;
pub mod cursor;
pub mod error;
pub mod fields;
mod json;
pub mod list;
mod timestamp;
pub mod v2026_03_24;
mod version;

pub use version::ApiVersion;

/// One dated shape of the wire. An implementation reads as the shape's table of contents.
pub trait WireFormat: 'static {
    /// Which shape.
    const VERSION: ApiVersion;
    /// The body of a create.
    type CreateProfile: body::Body + Into<ProfileDraft>;
    /// The body of an update.
    type UpdateProfile: body::Body + Into<ProfilePatch>;
    /// A profile as it is answered.
    type Profile: From<Profile> + Serialize;
}
