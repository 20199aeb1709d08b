//! Generally available: decisions as `programs`, and enforcement.
//! May know what its parent may.

pub mod enforcement;
mod profile;
pub(in crate::api) mod programs;

use time::macros::date;

use super::{ApiVersion, Selector, WireFormat, v2026_09_04};
use crate::domain::trust::grant::{CYBER, EFS};

/// The generally available version, which needs no `anthropic-beta`.
#[derive(Clone, Copy, Debug)]
pub enum Ga {}

impl WireFormat for Ga {
    const VERSION: ApiVersion = ApiVersion::Ga;
    const LABEL: &'static str = "ga";
    const SELECTOR: Selector = Selector::Date { first: date!(2026 - 10 - 21), name: "the generally available version" };
    const ABOUT: &'static str = "Generally available: decisions as `programs`, and enforcement.";
    const DOCUMENTS_RETRIES_AND_CONDITIONS: bool = true;
    const DOCUMENTS_ERROR_CODES: bool = true;
    const FILTERS_BY_ENFORCEMENT: bool = true;
    const REFERENCE_ID_FILTER: &'static str = "external_user_details[reference_id]";
    const RELATIONSHIP_FILTER: &'static str = "access_type";
    const DOCUMENTS_FILTERS: bool = true;
    const DOCUMENTS_BULK: bool = true;
    const HAS_DATA_CONTROLS: bool = true;
    const SHOWN_GRANTS: Option<&'static [&'static str]> = Some(&[CYBER, EFS]);
    /// Unchanged.
    type CreateProfile = v2026_09_04::create::CreateProfile;
    /// Unchanged.
    type UpdateProfile = v2026_09_04::update::UpdateProfile;
    type Profile = profile::WireProfile;
    type ListedProfile = profile::ListedProfile;
}
