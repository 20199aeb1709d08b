//! The profile: what is stored of an entity, how it changes, and how profiles are listed.
//! May know what `domain` may.

pub mod batch;
pub mod change;
pub mod data_controls;
pub mod erased;
pub mod external_user;
pub mod filter;
pub mod list;
pub mod metadata;
pub mod relationship;
mod revision;
mod update;
mod user_profile;

pub use revision::{Revision, RevisionCondition};
pub use update::ProfileUpdate;
pub use user_profile::{NamePolicy, Profile, ProfileDraft, ProfileField, ProfilePatch, name_required};
