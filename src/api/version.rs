//! API versions: how they are named and how a request selects one.

use time::Date;
use validator::ValidationError;

use crate::domain::error::reason;
use crate::domain::label::EnumLabel;

/// An API version; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiVersion {
    /// The first version: `relationship`.
    V2026_03_24,
    /// `access_type` in place of `relationship`.
    V2026_08_18,
    /// `external_user_details`.
    V2026_09_04,
    /// Generally available: `programs` and enforcement.
    Ga,
}

/// The header that lists the features a request is written for.
pub const ANTHROPIC_BETA: &str = "anthropic-beta";

/// The header with the date of the API that a request is written for.
pub const ANTHROPIC_VERSION: &str = "anthropic-version";

/// The start of every value of `anthropic-beta` that selects a version; the label follows.
const BETA_PREFIX: &str = "user-profiles-";

/// How a request asks for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `anthropic-beta: user-profiles-<label>`.
    Beta,
    /// `anthropic-version` of this date or later, without a value of `anthropic-beta` for this feature.
    Date {
        /// The first date.
        first: Date,
        /// The name of the version in messages.
        name: &'static str,
    },
}

impl ApiVersion {
    /// The name of the version in messages: the value of `anthropic-beta` that selects it, if there is one.
    #[must_use]
    pub fn name(self) -> String {
        match self.selector() {
            Selector::Beta => format!("{BETA_PREFIX}{}", self.as_str()),
            Selector::Date { name, .. } => name.to_owned(),
        }
    }

    /// The header by which a request asks for the version, and its value.
    #[must_use]
    pub fn header(self) -> (&'static str, String) {
        match self.selector() {
            Selector::Beta => (ANTHROPIC_BETA, self.name()),
            Selector::Date { first, .. } => (ANTHROPIC_VERSION, first.to_string()),
        }
    }

    /// The violation of an input that other versions accept and this one does not.
    #[must_use]
    pub(in crate::api) fn not_accepted(self) -> ValidationError {
        reason("other_shape", format!("not accepted under {}", self.name()))
    }

    /// The version that an `anthropic-version` selects in a request that names none: the newest of that date or before.
    #[must_use]
    pub fn from_date(date: Date) -> Option<Self> {
        let is_selected = |version: &Self| matches!(version.selector(), Selector::Date { first, .. } if first <= date);
        Self::ALL.iter().copied().filter(is_selected).max()
    }

    /// The version that one value of `anthropic-beta` selects. `None`: the value belongs to another feature.
    ///
    /// # Errors
    /// The value begins as a date of this feature, but is not one of its versions: another date, or a typing error.
    pub fn from_beta(value: &str) -> Result<Option<Self>, UnknownVersion> {
        let Some(label) = value.strip_prefix(BETA_PREFIX).filter(|label| begins_with_digit(label)) else {
            return Ok(None);
        };
        Self::from_label(label).map(Some).ok_or(UnknownVersion)
    }
}

/// A value of this feature that is not one of its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownVersion;

/// (`billing-2026-10-01` is another feature's.)
fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beta_value_selects_its_version_or_is_foreign_or_unknown() {
        assert_eq!(ApiVersion::from_beta("user-profiles-2026-03-24"), Ok(Some(ApiVersion::V2026_03_24)));
        for unknown in
            ["user-profiles-2025-01-01", "user-profiles-2026-3-24", "user-profiles-20260324", "user-profiles-2"]
        {
            assert_eq!(ApiVersion::from_beta(unknown), Err(UnknownVersion), "{unknown}");
        }
        for foreign in
            ["webhooks-2026-10-07", "user-profiles-billing-2026-10-01", "user-profiles-", "user-profiles", ""]
        {
            assert_eq!(ApiVersion::from_beta(foreign), Ok(None), "{foreign}");
        }
    }
}
