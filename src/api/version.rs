//! The dated shapes, by their names.

use time::Date;
use time::macros::date;

use crate::domain::label::EnumLabel;

/// A dated shape; a later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiVersion {
    /// The original shape.
    V2026_03_24,
    /// `access_type` in place of `relationship`.
    V2026_08_18,
    /// `external_user_details`.
    V2026_09_04,
    /// Generally available: `programs` and enforcement.
    Ga,
}

impl EnumLabel for ApiVersion {
    const ALL: &'static [Self] = &[Self::V2026_03_24, Self::V2026_08_18, Self::V2026_09_04, Self::Ga];

    /// The label: what an organization's default is pinned to, and what the log names.
    fn as_str(self) -> &'static str {
        match self {
            Self::V2026_03_24 => "2026-03-24",
            Self::V2026_08_18 => "2026-08-18",
            Self::V2026_09_04 => "2026-09-04",
            Self::Ga => "ga",
        }
    }
}

/// The header that lists the features a request is written for.
pub const ANTHROPIC_BETA: &str = "anthropic-beta";

/// The header with the date of the API that a request is written for.
pub const ANTHROPIC_VERSION: &str = "anthropic-version";

/// From this `anthropic-version` on, a request that names no shape means the generally available one.
const FIRST_DATE_OF_GA: Date = date!(2026 - 10 - 21);

/// What every value of `anthropic-beta` that selects a shape starts with; the label follows.
const BETA_PREFIX: &str = "user-profiles-";

impl ApiVersion {
    /// The name of the shape in messages: the value of `anthropic-beta` that selects it, if there is one.
    #[must_use]
    pub fn shape(self) -> String {
        match self {
            Self::Ga => "the generally available version".to_owned(),
            dated => format!("{BETA_PREFIX}{}", dated.as_str()),
        }
    }

    /// The header by which a request asks for the shape, and its value.
    #[must_use]
    pub fn selector(self) -> (&'static str, String) {
        match self {
            Self::Ga => (ANTHROPIC_VERSION, FIRST_DATE_OF_GA.to_string()),
            dated => (ANTHROPIC_BETA, dated.shape()),
        }
    }

    /// What an `anthropic-version` selects, in a request that names no shape.
    #[must_use]
    pub fn from_date(date: Date) -> Option<Self> {
        (date >= FIRST_DATE_OF_GA).then_some(Self::Ga)
    }

    /// What one value of `anthropic-beta` selects: `None` where it belongs to another feature.
    ///
    /// # Errors
    /// The value is a date of this feature that is none of its shapes.
    pub fn from_beta(value: &str) -> Result<Option<Self>, UnknownShape> {
        let Some(label) = value.strip_prefix(BETA_PREFIX).filter(|label| is_dated(label)) else { return Ok(None) };
        Self::from_label(label).map(Some).ok_or(UnknownShape)
    }
}

/// A date of this feature that is none of its shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownShape;

/// Whether `text` is written as a date, `2026-03-24`. (`billing-2026-10-01` is another feature's.)
fn is_dated(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beta_value_selects_its_shape_or_is_foreign_or_unknown() {
        assert_eq!(ApiVersion::from_beta("user-profiles-2026-03-24"), Ok(Some(ApiVersion::V2026_03_24)));
        assert_eq!(ApiVersion::from_beta("user-profiles-2025-01-01"), Err(UnknownShape));
        for foreign in
            ["webhooks-2026-10-07", "user-profiles-billing-2026-10-01", "user-profiles-", "user-profiles", ""]
        {
            assert_eq!(ApiVersion::from_beta(foreign), Ok(None), "{foreign}");
        }
    }
}
