//! The formats of an export.

use crate::domain::label::{EnumLabel, labels};

labels! {
    /// The format of an export.
    #[derive(Default)]
    ExportFormat {
        /// A JSON object a line.
        #[default]
        Ndjson = "ndjson",
        /// A row a line, after one with the names of the columns.
        Csv = "csv",
    }
}

impl ExportFormat {
    /// The media type, without parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }

    /// The content type of an answer.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }

    /// The format that a request asks for with `accept`: the first of its media types that is one, NDJSON if none is. A quality of 0 refuses.
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        let quality = |parameters: &str| -> f32 {
            let quality = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
            quality.map_or(1.0, |number| number.trim().parse().unwrap_or(0.0))
        };
        let mut best = (0.0, Self::default());
        for range in accept.split(',') {
            let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
            let format = match name.trim().to_ascii_lowercase().as_str() {
                "text/csv" => Self::Csv,
                "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/json" => {
                    Self::Ndjson
                }
                "*/*" | "application/*" => Self::default(),
                _ => continue,
            };
            let quality = quality(parameters);
            if quality > best.0 {
                best = (quality, format);
            }
        }
        best.1
    }

    /// The labels of all formats, for messages and documents.
    pub fn labels() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|format| format.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_media_type_of_the_highest_quality_that_is_a_format_is_taken() {
        for (accept, format) in [
            ("", ExportFormat::Ndjson),
            ("*/*", ExportFormat::Ndjson),
            ("application/json", ExportFormat::Ndjson),
            ("text/csv", ExportFormat::Csv),
            ("text/html, TEXT/CSV;charset=utf-8", ExportFormat::Csv),
            ("text/csv;q=0.5, application/x-ndjson", ExportFormat::Ndjson),
            ("application/x-ndjson;q=0.1, text/csv; q=0.2", ExportFormat::Csv),
            ("text/csv, application/x-ndjson", ExportFormat::Csv),
            ("text/csv;q=0", ExportFormat::Ndjson),
            ("text/csv;q=much", ExportFormat::Ndjson),
            ("image/png", ExportFormat::Ndjson),
        ] {
            assert_eq!(ExportFormat::accepted(accept), format, "{accept}");
        }
    }
}
