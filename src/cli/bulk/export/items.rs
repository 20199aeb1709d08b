//! What an answer consists of, whatever its format.

use std::io;

use crate::api::export::ExportTrailer;

/// A part of an export.
pub(super) enum Item<'i> {
    Profile { id: String, bytes: &'i [u8] },
    Trailer { count: u64, next_page: Option<String> },
}

/// Reads the parts of an answer.
pub(super) trait Items {
    /// What stands before the first profile.
    fn begin(&self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    /// The last line, for `count` profiles.
    fn end(&self, count: u64, next_page: Option<&str>) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(&ExportTrailer::new(count, next_page.map(str::to_owned)))?;
        line.push(b'\n');
        Ok(line)
    }

    /// The next part.
    fn next(&mut self) -> io::Result<Item<'_>>;
}
