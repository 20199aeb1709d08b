//! A cursor over JSON text that reads a piece at a time, so that a large body need not be read in one go.

use serde::Deserialize;
use serde_json::Deserializer;

/// What has not been read yet.
#[derive(Debug)]
pub(super) struct RawJson<'b> {
    rest: &'b str,
}

/// The text is not JSON here.
#[derive(Debug)]
pub(super) struct NotJson;

impl<'b> RawJson<'b> {
    pub(super) const fn new(text: &'b str) -> Self {
        Self { rest: text }
    }

    /// How many bytes have not been read.
    pub(super) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether `token` comes next.
    pub(super) fn is_next(&mut self, token: char) -> bool {
        self.skip_whitespace();
        self.rest.starts_with(token)
    }

    /// Reads `token` if it comes next.
    pub(super) fn take(&mut self, token: char) -> bool {
        self.skip_whitespace();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads `token`.
    pub(super) fn expect(&mut self, token: char) -> Result<(), NotJson> {
        if self.take(token) { Ok(()) } else { Err(NotJson) }
    }

    /// Reads one value.
    pub(super) fn value<T: Deserialize<'b>>(&mut self) -> Result<T, NotJson> {
        let mut values = Deserializer::from_str(self.rest).into_iter();
        let value = values.next().ok_or(NotJson)?.map_err(|_| NotJson)?;
        self.rest = self.rest.get(values.byte_offset()..).ok_or(NotJson)?;
        Ok(value)
    }

    /// Whether nothing but whitespace is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_whitespace();
        self.rest.is_empty()
    }

    fn skip_whitespace(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }
}
