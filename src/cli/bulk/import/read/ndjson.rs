//! A file of JSON objects, one a line.

use std::io::{self, BufRead, Read};

use super::line::{MAX_LINE_BYTES, Record};
use super::mapping::{Mapping, mapped};
use crate::api::ApiVersion;
use crate::cli::client::document::Document;

/// How much of a line that is too long stands among the rejected ones, in bytes.
const SHOWN_BYTES: usize = 1_000;

/// What some programs begin a file with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads lines.
pub(in crate::cli::bulk::import) struct JsonLines<R> {
    input: R,
    number: u64,
    forced: Option<ApiVersion>,
    mappings: Vec<Mapping>,
}

impl<R: BufRead> JsonLines<R> {
    pub(in crate::cli::bulk::import) const fn new(
        input: R,
        forced: Option<ApiVersion>,
        mappings: Vec<Mapping>,
    ) -> Self {
        Self { input, number: 0, forced, mappings }
    }

    /// The next line that is not empty; `None` at the end.
    pub(in crate::cli::bulk::import) fn next(&mut self) -> io::Result<Option<Record>> {
        loop {
            let mut bytes = Vec::new();
            let limit = u64::try_from(MAX_LINE_BYTES + 1).unwrap_or(u64::MAX);
            if self.input.by_ref().take(limit).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if bytes.len() > MAX_LINE_BYTES && bytes.last() != Some(&b'\n') {
                self.input.skip_until(b'\n')?;
                bytes.truncate(SHOWN_BYTES);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let reason = format!("Line should have at most {MAX_LINE_BYTES} bytes");
                return Ok(Some(Record::rejected(self.number, text, reason)));
            }
            if self.number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
                bytes.drain(..BYTE_ORDER_MARK.len());
            }
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            if let Some(record) = self.record(bytes) {
                return Ok(Some(record));
            }
        }
    }

    fn record(&self, bytes: Vec<u8>) -> Option<Record> {
        let text = match String::from_utf8(bytes) {
            Ok(mut text) => {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
                text
            }
            Err(error) => {
                let text = String::from_utf8_lossy(error.as_bytes()).trim_end().to_owned();
                return Some(Record::rejected(self.number, text, "Line should be valid UTF-8"));
            }
        };
        let parsed: Result<Document, _> = serde_json::from_str(&text);
        let document = parsed.map_err(|error| format!("Line should be a JSON object: {error}")).and_then(|document| {
            let is_trailer = document.get("type").and_then(Document::as_text) == Some("export_trailer");
            if self.mappings.is_empty() || is_trailer { Ok(document) } else { mapped(&document, &self.mappings) }
        });
        match document {
            Ok(document) => Record::new(self.number, text, document, self.forced),
            Err(reason) => Some(Record::rejected(self.number, text, reason)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(input: &[u8]) -> Vec<(u64, String)> {
        let mut lines = JsonLines::new(input, None, Vec::new());
        let mut found = Vec::new();
        while let Some(record) = lines.next().unwrap() {
            found.push(match record {
                Record::Line(line) => (line.number, String::from_utf8(line.params).unwrap()),
                Record::Rejected(rejection) => (rejection.number, rejection.reason),
            });
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_what_is_no_object_is_rejected_alone() {
        let long = format!("{{\"name\":\"{}\"}}", "x".repeat(MAX_LINE_BYTES));
        let input = format!("\u{feff}{{\"name\":\"A\"}}\r\n\n{{\"name\":\n[]\n{long}\n{{\"name\":\"B\"}}");
        let found = records(&[input.as_bytes(), b"\n{\"\xff\n"].concat());
        assert_eq!(found.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 3, 4, 5, 6, 7]);
        assert_eq!(found[0].1, r#"{"name":"A"}"#);
        assert!(found[1].1.starts_with("Line should be a JSON object: EOF"), "{found:?}");
        assert_eq!(found[2].1, "Line should be a JSON object");
        assert_eq!(found[3].1, "Line should have at most 262144 bytes");
        assert_eq!(found[4].1, r#"{"name":"B"}"#);
        assert_eq!(found[5].1, "Line should be valid UTF-8");
        assert!(records(b"{\"a\":1,\"a\":2}")[0].1.contains("duplicate key \"a\""));
        assert_eq!(records(b"{\"type\":\"export_trailer\",\"count\":0,\"next_page\":null}\n"), []);
    }
}
