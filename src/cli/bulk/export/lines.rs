//! The lines of an export as NDJSON.

use std::borrow::Cow;
use std::io::{self, BufRead, ErrorKind};

use serde::Deserialize;

use super::items::{Item, Items};

/// What is read of a line.
#[derive(Deserialize)]
struct Head<'l> {
    #[serde(borrow)]
    r#type: Cow<'l, str>,
    #[serde(borrow)]
    id: Option<Cow<'l, str>>,
    count: Option<u64>,
    next_page: Option<String>,
}

/// Reads lines from `input`.
pub(super) struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, line: Vec::new() }
    }
}

impl<R: BufRead> Items for Lines<R> {
    fn next(&mut self) -> io::Result<Item<'_>> {
        self.line.clear();
        self.input.read_until(b'\n', &mut self.line)?;
        if self.line.last() != Some(&b'\n') {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let head: Head<'_> = serde_json::from_slice(&self.line)?;
        Ok(match (head.id, head.count) {
            (Some(id), _) => Item::Profile { id: id.into_owned(), bytes: &self.line },
            (None, Some(count)) if head.r#type == "export_trailer" => {
                Item::Trailer { count, next_page: head.next_page }
            }
            _ => {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "a line that is neither a profile nor the last one",
                ));
            }
        })
    }
}
