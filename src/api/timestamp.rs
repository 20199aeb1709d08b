//! Times on the wire: RFC 3339 in UTC with `Z`.

use serde::{Serialize, Serializer};
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use crate::domain::clock::Timestamp;

/// A time as it is written, fractions only as far as there are any.
#[derive(Clone, Copy, Debug)]
pub(super) struct WireTimestamp(pub(super) Timestamp);

impl Serialize for WireTimestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.to_offset(UtcOffset::UTC).format(&Rfc3339).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
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
}
