//! The original shape: `relationship`, `external_id` and `trust_grants`.
//! May know what its parent may.

mod create;
pub mod deletion;
pub mod links;
pub mod profile;
mod update;

use super::{ApiVersion, Selector, WireFormat};

/// `user-profiles-2026-03-24`.
#[derive(Clone, Copy, Debug)]
pub enum V2026_03_24 {}

impl WireFormat for V2026_03_24 {
    const VERSION: ApiVersion = ApiVersion::V2026_03_24;
    const LABEL: &'static str = "2026-03-24";
    const SELECTOR: Selector = Selector::Beta;
    const ABOUT: &'static str = "The original shape: `relationship`, `external_id` and `trust_grants`.";
    const DOCUMENTS_RETRIES_AND_CONDITIONS: bool = false;
    const DOCUMENTS_ERROR_CODES: bool = false;
    const FILTERS_BY_ENFORCEMENT: bool = false;
    const REFERENCE_ID_FILTER: &'static str = "external_id";
    const RELATIONSHIP_FILTER: &'static str = "relationship";
    const DOCUMENTS_FILTERS: bool = false;
    const DOCUMENTS_BULK: bool = false;
    const HAS_DATA_CONTROLS: bool = false;
    const SHOWN_GRANTS: Option<&'static [&'static str]> = None;
    type CreateProfile = create::CreateProfile;
    type UpdateProfile = update::UpdateProfile;
    type Profile = profile::WireProfile;
    type ListedProfile = profile::WireProfile;
}
