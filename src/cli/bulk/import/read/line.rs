//! A line of a file, as the body of a create.

use crate::api::ApiVersion;
use crate::cli::client::document::Document;

/// The most bytes of a line: the largest body that a service accepts by default.
pub(in crate::cli::bulk::import) const MAX_LINE_BYTES: usize = 256 * 1024;

/// Fields that only answers have. An exported profile has them, and a new one gets its own.
const ANSWER_FIELDS: [&str; 8] =
    ["id", "type", "created_at", "updated_at", "trust_grants", "programs", "enforcement_status", "enforcement_actions"];

/// The object with the fields of an entity, in the later versions.
const DETAILS: &str = "external_user_details";

/// A profile to be.
#[derive(Debug)]
pub(in crate::cli::bulk::import) struct Line {
    /// From 1; in CSV, of the first line of the row.
    pub(in crate::cli::bulk::import) number: u64,
    /// As it stands in the file.
    pub(in crate::cli::bulk::import) text: String,
    pub(in crate::cli::bulk::import) version: ApiVersion,
    /// The platform's own id.
    pub(in crate::cli::bulk::import) external_id: Option<String>,
    /// The body of a create, as JSON.
    pub(in crate::cli::bulk::import) params: Vec<u8>,
}

/// A line that is not imported.
#[derive(Debug)]
pub(in crate::cli::bulk::import) struct Rejection {
    pub(in crate::cli::bulk::import) number: u64,
    pub(in crate::cli::bulk::import) text: String,
    pub(in crate::cli::bulk::import) reason: String,
}

/// What a reader finds.
#[derive(Debug)]
pub(in crate::cli::bulk::import) enum Record {
    Line(Line),
    Rejected(Rejection),
}

impl Record {
    /// The record of a line with the fields of `document`, under the version `forced`, or the one whose fields it has. `None`: it is the
    /// last line of an export.
    pub(in crate::cli::bulk::import) fn new(
        number: u64,
        text: String,
        document: Document,
        forced: Option<ApiVersion>,
    ) -> Option<Self> {
        if !matches!(document, Document::Map(_)) {
            return Some(Self::rejected(number, text, "Line should be a JSON object"));
        }
        match document.get("type").and_then(Document::as_text) {
            Some("export_trailer") => None,
            Some("user_profile") => Some(Self::Line(Line::new(number, text, without_answer_fields(document), forced))),
            _ => Some(Self::Line(Line::new(number, text, document, forced))),
        }
    }

    pub(in crate::cli::bulk::import) fn rejected(number: u64, text: String, reason: impl Into<String>) -> Self {
        Self::Rejected(Rejection { number, text, reason: reason.into() })
    }
}

impl Line {
    fn new(number: u64, text: String, mut body: Document, forced: Option<ApiVersion>) -> Self {
        let version = forced.unwrap_or_else(|| version_of(&body));
        // A create takes null as absent, and an update would clear the field or refuse it.
        remove_nulls(&mut body);
        let id = if version <= ApiVersion::V2026_08_18 { body.get("external_id") } else { reference_id(&body) };
        let external_id = id.and_then(Document::as_text).map(str::to_owned);
        // A document is always valid JSON.
        let params = serde_json::to_vec(&body).unwrap_or_default();
        Self { number, text, version, external_id, params }
    }

    pub(in crate::cli::bulk::import) fn into_rejection(self, reason: impl Into<String>) -> Rejection {
        Rejection { number: self.number, text: self.text, reason: reason.into() }
    }

    /// What it holds in memory, in bytes.
    pub(in crate::cli::bulk::import) fn bytes(&self) -> usize {
        self.text.len() + self.params.len()
    }
}

fn reference_id(body: &Document) -> Option<&Document> {
    body.get(DETAILS)?.get("reference_id")
}

fn without_answer_fields(mut profile: Document) -> Document {
    for field in ANSWER_FIELDS {
        profile.take(field);
    }
    profile
}

/// The version whose fields `body` has; the newest where any would do.
fn version_of(body: &Document) -> ApiVersion {
    let has = |field| body.get(field).is_some();
    if has(DETAILS) {
        ApiVersion::NEWEST
    } else if has("external_user_onboarded_at") || (has("access_type") && has("external_id")) {
        ApiVersion::V2026_08_18
    } else if has("relationship") || has("external_id") {
        ApiVersion::V2026_03_24
    } else {
        ApiVersion::NEWEST
    }
}

fn remove_nulls(body: &mut Document) {
    let Document::Map(fields) = body else { return };
    fields.retain(|(_, value)| *value != Document::Null);
    for (name, value) in fields {
        if let (DETAILS, Document::Map(details)) = (name.as_str(), value) {
            details.retain(|(_, value)| *value != Document::Null);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        match Record::new(1, text.to_owned(), serde_json::from_str(text).unwrap(), None) {
            Some(Record::Line(line)) => line,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_version_is_the_one_whose_fields_a_line_has() {
        use ApiVersion::{Ga, V2026_03_24, V2026_08_18};
        for (text, version) in [
            (r#"{"name":"A"}"#, Ga),
            (r#"{"access_type":"application"}"#, Ga),
            (r#"{"external_user_details":{}}"#, Ga),
            (r#"{"external_id":"a"}"#, V2026_03_24),
            (r#"{"relationship":"resold","name":"A"}"#, V2026_03_24),
            (r#"{"external_id":null,"access_type":"application"}"#, V2026_08_18),
            (r#"{"external_user_onboarded_at":null}"#, V2026_08_18),
        ] {
            assert_eq!(line(text).version, version, "{text}");
        }
    }

    #[test]
    fn an_exported_profile_becomes_the_body_of_a_create_and_another_line_stays_as_it_is() {
        let exported = r#"{"id":"uprof_1","type":"user_profile","created_at":"x","name":null,"metadata":{"a":"b"},
            "external_user_details":{"country":null,"reference_id":"r"},"programs":{},"updated_at":"x"}"#;
        let exported = line(exported);
        let params = r#"{"metadata":{"a":"b"},"external_user_details":{"reference_id":"r"}}"#;
        assert_eq!(String::from_utf8(exported.params).unwrap(), params);
        assert_eq!(exported.external_id.as_deref(), Some("r"));
        let plain = line(r#"{"id":"mine","metadata":{"a":null}}"#);
        assert_eq!(String::from_utf8(plain.params).unwrap(), r#"{"id":"mine","metadata":{"a":null}}"#);
    }
}
