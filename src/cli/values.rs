//! How the values of flags are parsed, and times written.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::clock::{Timestamp, to_microsecond};
use crate::domain::label::EnumLabel;
use crate::domain::text::Text;

/// Parses a text of the domain.
///
/// # Errors
/// The rule that the text breaks.
pub(super) fn text<T: Text>(value: &str) -> Result<T, String> {
    T::parse(value.to_owned()).map_err(|violation| violation.message.unwrap_or(violation.code).into_owned())
}

/// Parses a label; help and errors list all of them.
pub(super) fn label<T: EnumLabel + Send + Sync>() -> impl TypedValueParser<Value = T> {
    let labels = T::ALL.iter().map(|value| value.as_str());
    PossibleValuesParser::new(labels).try_map(|label| T::from_label(&label).ok_or("unknown value"))
}

/// Parses a time in RFC 3339.
///
/// # Errors
/// It is in another format.
pub(super) fn timestamp(value: &str) -> Result<Timestamp, String> {
    OffsetDateTime::parse(value, &Rfc3339)
        .map(to_microsecond)
        .map_err(|_| "expected a time such as 2027-01-31T00:00:00Z".to_owned())
}

/// Writes a time in RFC 3339.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    // Formatting fails for years after 9999 only.
    moment.format(&Rfc3339).unwrap_or_default()
}
