//! Times on the wire: RFC 3339 in UTC with `Z`.

use schemars::JsonSchema;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;
use validator::ValidationError;

use crate::domain::clock::{Timestamp, to_microsecond};
use crate::domain::error::reason;

const DATE_BYTES: usize = "2026-03-15".len();
const MICROSECOND_DIGITS: usize = 6;

/// The longest text: `Timestamp` has nanoseconds.
const MAX_BYTES: usize = "2026-03-15T10:00:00.000000000Z".len();

/// A timestamp; fractions of a second only where there are any.
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(extend("format" = "date-time"))]
pub(in crate::api) struct WireTimestamp(#[schemars(with = "String")] pub(in crate::api) Timestamp);

impl Serialize for WireTimestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; MAX_BYTES];
        let mut rest = text.as_mut_slice();
        self.0.to_offset(UtcOffset::UTC).format_into(&mut rest, &Rfc3339).map_err(Error::custom)?;
        // Not the length that `format_into` answers, which leaves a part out.
        let length = MAX_BYTES - rest.len();
        serializer.serialize_str(std::str::from_utf8(&text[..length]).map_err(Error::custom)?)
    }
}

/// Reads a complete RFC 3339 timestamp with any offset, to the microsecond. `None`: not a timestamp, or its year in UTC is not
/// 0 to 9999.
pub(in crate::api) fn parse(text: &str) -> Option<Timestamp> {
    // The parser takes any byte between date and time. RFC 3339 names three: section 5.6 and its note.
    if !matches!(text.as_bytes().get(DATE_BYTES), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let moment = Timestamp::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
    (0..=9999).contains(&moment.year()).then(|| to_microsecond(moment))
}

/// Whether [`parse`] cut off a part of `text` that is finer than a microsecond, and not zero.
pub(in crate::api) fn is_finer_than_stored(text: &str) -> bool {
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit);
    digits.skip(MICROSECOND_DIGITS).any(|digit| digit != b'0')
}

/// The violation of a text that [`parse`] does not accept.
pub(in crate::api) fn incomplete() -> ValidationError {
    reason("timestamp", "Input should be a complete RFC 3339 timestamp, such as 2026-03-15T10:00:00Z")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn times_are_written_in_utc_with_as_many_digits_as_they_have() {
        let written = |moment| serde_json::to_string(&WireTimestamp(moment)).unwrap();
        assert_eq!(written(datetime!(2026-03-15 10:00 UTC)), r#""2026-03-15T10:00:00Z""#);
        assert_eq!(written(datetime!(2026-03-15 12:00:00.000_120 +2)), r#""2026-03-15T10:00:00.00012Z""#);
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_noticed() {
        for (text, is_finer) in [
            ("2026-03-15T10:00:00Z", false),
            ("2026-03-15T10:00:00.123456Z", false),
            ("2026-03-15T10:00:00.123456000Z", false),
            ("2026-03-15T10:00:00.1234561Z", true),
            ("2026-03-15T10:00:00.00000000000001+02:00", true),
        ] {
            assert_eq!(is_finer_than_stored(text), is_finer, "{text}");
        }
    }

    #[test]
    fn any_offset_is_read_and_a_time_without_one_is_not() {
        assert_eq!(parse("2026-03-15T12:00:00.1234567+02:00"), Some(datetime!(2026-03-15 10:00:00.123_456 UTC)));
        for text in [
            "2026-03-15",
            "2026-03-15T10:00:00",
            "2026-03-15 10:00",
            "2026-03-15_10:00:00Z",
            "2026-03-15010:00:00Z",
            "2026-02-30T10:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "1773568800",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
