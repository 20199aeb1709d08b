//! How the values of flags are parsed, and times written.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api::ApiVersion;
use crate::domain::clock::{Timestamp, to_microsecond};
use crate::domain::label::EnumLabel;
use crate::domain::profile::{Revision, RevisionCondition};
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

/// Parses the revision that a profile must have: `*`, the entity tag of an answer, or the number in it.
///
/// # Errors
/// It is none of them.
pub(super) fn revision_condition(value: &str) -> Result<RevisionCondition, String> {
    if value == "*" {
        return Ok(RevisionCondition::Any);
    }
    let tag = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let (number, shape) = tag.split_once('-').map_or((tag, None), |(number, shape)| (number, Some(shape)));
    let is_known = shape.is_none_or(|shape| ApiVersion::from_label(shape).is_some());
    let number: Option<u32> = number.parse().ok().filter(|_| is_known && !number.starts_with('+'));
    let revision = number.map(|number| Revision::from_stored(number.into()));
    revision
        .map(|revision| RevisionCondition::OneOf(vec![revision]))
        .ok_or_else(|| "expected an ETag of the profile, such as \"3-ga\", or its number".to_owned())
}

/// Writes a time in RFC 3339.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    // Formatting fails for years after 9999 only.
    moment.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_an_entity_tag_of_any_shape_or_its_number() {
        let third = RevisionCondition::OneOf(vec![Revision::from_stored(3)]);
        for text in ["3", "3-ga", "\"3-2026-03-24\"", "\"3\""] {
            assert_eq!(revision_condition(text), Ok(third.clone()), "{text}");
        }
        assert_eq!(revision_condition("*"), Ok(RevisionCondition::Any));
        for text in ["", "\"", "\"3-ga", "W/\"3-ga\"", "3-", "3-v9", "+3", "-3", "3,4", "abc"] {
            assert!(revision_condition(text).is_err(), "{text}");
        }
    }
}
