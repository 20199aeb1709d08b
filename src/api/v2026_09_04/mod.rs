//! `external_user_details`: what the platform states about the entity, in one object.
//! May know what its parent may.

pub(super) mod create;
pub mod data_controls;
pub(super) mod details;
mod profile;
pub(super) mod update;

use super::{ApiVersion, Selector, WireFormat};

/// `user-profiles-2026-09-04`.
#[derive(Clone, Copy, Debug)]
pub enum V2026_09_04 {}

impl WireFormat for V2026_09_04 {
    const VERSION: ApiVersion = ApiVersion::V2026_09_04;
    const LABEL: &'static str = "2026-09-04";
    const SELECTOR: Selector = Selector::Beta;
    const ABOUT: &'static str = "`external_user_details`: what the platform states about the entity, in one object.";
    const DOCUMENTS_RETRIES_AND_CONDITIONS: bool = false;
    const DOCUMENTS_ERROR_CODES: bool = false;
    const FILTERS_BY_ENFORCEMENT: bool = false;
    const REFERENCE_ID_FILTER: &'static str = "external_user_details[reference_id]";
    const RELATIONSHIP_FILTER: &'static str = "access_type";
    const DOCUMENTS_FILTERS: bool = false;
    const DOCUMENTS_BULK: bool = false;
    const HAS_DATA_CONTROLS: bool = true;
    const SHOWN_GRANTS: Option<&'static [&'static str]> = None;
    type CreateProfile = create::CreateProfile;
    type UpdateProfile = update::UpdateProfile;
    type Profile = profile::WireProfile;
    type ListedProfile = profile::WireProfile;
}
