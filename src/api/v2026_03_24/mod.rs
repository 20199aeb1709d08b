//! The original shape: `relationship`, `external_id` and `trust_grants`.
//! May know what its parent may.

mod create;
pub mod deletion;
pub mod links;
pub mod profile;
mod update;

use super::{ApiVersion, WireFormat};

/// `user-profiles-2026-03-24`.
#[derive(Clone, Copy, Debug)]
pub enum V2026_03_24 {}

impl WireFormat for V2026_03_24 {
    const VERSION: ApiVersion = ApiVersion::V2026_03_24;
    const ABOUT: &'static str = "The original shape: `relationship`, `external_id` and `trust_grants`.";
    type CreateProfile = create::CreateProfile;
    type UpdateProfile = update::UpdateProfile;
    type Profile = profile::Profile;
    type ListedProfile = profile::Profile;
}
