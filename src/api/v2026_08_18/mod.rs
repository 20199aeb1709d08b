//! `access_type` in place of `relationship`, and the time of sign-up.
//! May know what its parent may.

mod access;
mod create;
mod profile;
mod update;

pub(super) use access::{read_access_change, read_relationship};

use super::{ApiVersion, Selector, WireFormat};

/// `user-profiles-2026-08-18`.
#[derive(Clone, Copy, Debug)]
pub enum V2026_08_18 {}

impl WireFormat for V2026_08_18 {
    const VERSION: ApiVersion = ApiVersion::V2026_08_18;
    const LABEL: &'static str = "2026-08-18";
    const SELECTOR: Selector = Selector::Beta;
    const ABOUT: &'static str = "`access_type` in place of `relationship`, and the time of sign-up.";
    const DOCUMENTS_RETRIES_AND_CONDITIONS: bool = false;
    const DOCUMENTS_ERROR_CODES: bool = false;
    const FILTERS_BY_ENFORCEMENT: bool = false;
    const REFERENCE_ID_FILTER: &'static str = "external_id";
    const RELATIONSHIP_FILTER: &'static str = "access_type";
    const DOCUMENTS_FILTERS: bool = false;
    const DOCUMENTS_BULK: bool = false;
    const HAS_DATA_CONTROLS: bool = false;
    const SHOWN_GRANTS: Option<&'static [&'static str]> = None;
    type CreateProfile = create::CreateProfile;
    type UpdateProfile = update::UpdateProfile;
    type Profile = profile::WireProfile;
    type ListedProfile = profile::WireProfile;
}
