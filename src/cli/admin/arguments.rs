//! How arguments become the domain's values, and times become text.

use clap::builder::PossibleValuesParser;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::clock::{Timestamp, to_microsecond};
use crate::domain::label::EnumLabel;
use crate::domain::page::PageLimit;
use crate::domain::text::Text;

/// A text of 1–255 characters.
pub(in crate::cli) fn text<T: Text>(value: &str) -> Result<T, String> {
    T::parse(value.to_owned()).map_err(|violation| violation.message.unwrap_or(violation.code).into_owned())
}

/// One of a closed set's words; help and errors list them.
pub(in crate::cli) fn label<T: EnumLabel>() -> PossibleValuesParser {
    T::ALL.iter().map(|word| word.as_str()).into()
}

/// How many of `most` are read at once.
pub(in crate::cli) fn page_limit(most: usize) -> PageLimit {
    u32::try_from(most).ok().and_then(PageLimit::new).unwrap_or_default()
}

/// A time as RFC 3339.
pub(in crate::cli) fn timestamp(value: &str) -> Result<Timestamp, String> {
    OffsetDateTime::parse(value, &Rfc3339)
        .map(to_microsecond)
        .map_err(|_| "expected a time such as 2027-01-31T00:00:00Z".to_owned())
}

/// `moment` as RFC 3339.
pub(in crate::cli) fn rfc3339(moment: Timestamp) -> String {
    // Years beyond 9999 cannot be written; nothing here makes one.
    moment.format(&Rfc3339).unwrap_or_default()
}
