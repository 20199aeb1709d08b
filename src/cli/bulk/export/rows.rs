//! The rows of an export as CSV.

use std::io::{self, BufRead, ErrorKind};

use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};
use serde::Deserialize;

use super::items::{Item, Items};

/// What the last row says.
#[derive(Deserialize)]
struct End {
    count: u64,
    next_page: Option<String>,
}

/// Reads rows from `input`. A row is passed on when the next one has begun: the last one before a cut may lack a part of its last cell.
pub(super) struct Rows<R> {
    reader: Reader<R>,
    row: ByteRecord,
    next: ByteRecord,
    columns: Vec<String>,
    bytes: Vec<u8>,
}

impl<R: BufRead> Rows<R> {
    /// Begins with the names of the columns.
    ///
    /// # Errors
    /// They did not arrive.
    pub(super) fn new(input: R) -> io::Result<Self> {
        let mut reader = ReaderBuilder::new().from_reader(input);
        let columns = reader.headers()?.iter().map(str::to_owned).collect();
        let mut next = ByteRecord::new();
        reader.read_byte_record(&mut next)?;
        Ok(Self { reader, row: ByteRecord::new(), next, columns, bytes: Vec::new() })
    }

    fn cell(&self, name: &str) -> io::Result<&str> {
        let position = self.columns.iter().position(|column| column == name);
        let cell = position.and_then(|position| std::str::from_utf8(self.row.get(position)?).ok());
        cell.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, format!("a row without {name}")))
    }
}

impl<R: BufRead> Items for Rows<R> {
    fn begin(&self) -> io::Result<Vec<u8>> {
        written(self.columns.iter())
    }

    fn end(&self, count: u64, next_page: Option<&str>) -> io::Result<Vec<u8>> {
        let end = serde_json::json!({"count": count, "next_page": next_page}).to_string();
        written(self.columns.iter().map(|column| match column.as_str() {
            "type" => "export_trailer",
            "metadata" => end.as_str(),
            _ => "",
        }))
    }

    fn next(&mut self) -> io::Result<Item<'_>> {
        std::mem::swap(&mut self.row, &mut self.next);
        if self.row.is_empty() {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.next.clear();
        let is_trailer = self.cell("type")? == "export_trailer";
        let has_next = self.reader.read_byte_record(&mut self.next)?;
        if is_trailer {
            let End { count, next_page } = serde_json::from_str(self.cell("metadata")?)?;
            return Ok(Item::Trailer { count, next_page });
        }
        if !has_next {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.bytes = written(self.row.iter())?;
        let id = self.cell("id")?.to_owned();
        Ok(Item::Profile { id, bytes: &self.bytes })
    }
}

fn written(cells: impl Iterator<Item = impl AsRef<[u8]>>) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}
