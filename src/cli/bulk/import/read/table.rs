//! A file of comma-separated values.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};

use super::line::{MAX_LINE_BYTES, Record};
use super::mapping::{Mapping, set};
use crate::api::ApiVersion;
use crate::api::export::csv_text::unescaped;
use crate::cli::client::document::Document;

/// How much is read for one row before the file is taken for broken, in bytes: a quote that is never closed would take all of it.
const MAX_ROW_BYTES: usize = 8 * MAX_LINE_BYTES;

/// The column whose cells hold JSON.
const METADATA: &str = "metadata";

/// The columns with which an export begins.
const EXPORT_COLUMNS: [&str; 2] = ["type", "id"];

/// The columns of an export that hold what only answers have.
const PROGRAMS: &str = "programs.";

/// Reads rows.
pub(in crate::cli::bulk::import) struct Table {
    reader: Reader<Limited>,
    read: Rc<Cell<usize>>,
    /// The field that each column becomes; `None`: it is left out.
    targets: Vec<Option<String>>,
    is_export: bool,
    forced: Option<ApiVersion>,
}

impl Table {
    /// Begins with the names of the columns. With `mappings`, other columns are left out.
    ///
    /// # Errors
    /// The file lacks a column that is mapped.
    pub(in crate::cli::bulk::import) fn new(
        input: Box<dyn Read>,
        forced: Option<ApiVersion>,
        mappings: &[Mapping],
    ) -> io::Result<Self> {
        let read = Rc::new(Cell::new(0));
        let limited = Limited { input, read: Rc::clone(&read) };
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(limited);
        let names = reader.headers()?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned());
        let names: Vec<String> = names.collect();
        let is_export = mappings.is_empty() && names.starts_with(&EXPORT_COLUMNS.map(str::to_owned));
        if let Some(missing) = mappings.iter().find(|mapping| !names.contains(&mapping.source)) {
            return Err(io::Error::other(format!("the file has no column {:?}", missing.source)));
        }
        let target = |name: &String| {
            if mappings.is_empty() {
                return Some(name.clone()).filter(|name| !(name.is_empty() || is_export && name.starts_with(PROGRAMS)));
            }
            mappings.iter().find(|mapping| mapping.source == *name).map(|mapping| mapping.target.clone())
        };
        let targets = names.iter().map(target).collect();
        Ok(Self { reader, read, targets, is_export, forced })
    }

    /// The next row; `None` at the end.
    pub(in crate::cli::bulk::import) fn next(&mut self) -> io::Result<Option<Record>> {
        let mut row = ByteRecord::new();
        loop {
            self.read.set(0);
            if !self.reader.read_byte_record(&mut row)? {
                return Ok(None);
            }
            let number = row.position().map_or(0, csv::Position::line);
            let text = text_of(&row)?;
            let document = if text.len() > MAX_LINE_BYTES {
                Err(format!("Row should have at most {MAX_LINE_BYTES} bytes"))
            } else {
                self.document(&row)
            };
            match document {
                Ok(document) => {
                    if let Some(record) = Record::new(number, text, document, self.forced) {
                        return Ok(Some(record));
                    }
                }
                Err(reason) => return Ok(Some(Record::rejected(number, text, reason))),
            }
        }
    }

    fn document(&self, row: &ByteRecord) -> Result<Document, String> {
        let (expected, found) = (self.targets.len(), row.len());
        if found != expected {
            return Err(format!("Row should have {expected} cells, as the first one, and has {found}"));
        }
        let mut body = Document::empty();
        if self.is_export {
            // Of an empty cell too: the fields that a row has show its version.
            self.targets.iter().flatten().for_each(|target| set(&mut body, target, Document::Null));
        }
        for (cell, target) in row.iter().zip(&self.targets) {
            let Some(target) = target.as_ref().filter(|_| !cell.is_empty()) else { continue };
            let cell = std::str::from_utf8(cell).map_err(|_| format!("{target}: Input should be valid UTF-8"))?;
            let value = if target == METADATA {
                serde_json::from_str(cell).map_err(|error| format!("{target}: Input should be JSON: {error}"))?
            } else {
                Document::Text(if self.is_export { unescaped(cell) } else { cell }.to_owned())
            };
            set(&mut body, target, value);
        }
        Ok(body)
    }
}

fn text_of(row: &ByteRecord) -> io::Result<String> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    writer.write_byte_record(row)?;
    let bytes = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

/// Fails when one row takes too much.
struct Limited {
    input: Box<dyn Read>,
    read: Rc<Cell<usize>>,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read.get() > MAX_ROW_BYTES {
            let message = format!("a row has more than {MAX_ROW_BYTES} bytes: is a quote not closed?");
            return Err(io::Error::other(message));
        }
        let length = self.input.read(buffer)?;
        self.read.set(self.read.get() + length);
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, mappings: &[&str]) -> io::Result<Vec<(u64, String)>> {
        let mappings: Vec<_> = mappings.iter().map(|text| Mapping::parse(text).unwrap()).collect();
        let mut table = Table::new(Box::new(io::Cursor::new(text.to_owned())), None, &mappings)?;
        let mut found = Vec::new();
        while let Some(record) = table.next()? {
            found.push(match record {
                Record::Line(line) => (line.number, String::from_utf8(line.params).unwrap()),
                Record::Rejected(rejection) => (rejection.number, rejection.reason),
            });
        }
        Ok(found)
    }

    #[test]
    fn a_column_is_the_field_of_its_name_or_the_one_that_it_is_mapped_to() {
        let text = "external_id,metadata.plan,metadata.a.b\nu1,pro,\"x\ny\"\nu2,,\nshort\n";
        let found = records(text, &[]).unwrap();
        assert_eq!(found[0], (2, r#"{"external_id":"u1","metadata":{"plan":"pro","a.b":"x\ny"}}"#.to_owned()));
        assert_eq!(found[1], (4, r#"{"external_id":"u2"}"#.to_owned()));
        assert_eq!(found[2], (5, "Row should have 3 cells, as the first one, and has 1".to_owned()));
        let found = records("id,Name,Email\n1,'=A,x\n", &["id=external_id", "Name=name"]).unwrap();
        assert_eq!(found[0].1, r#"{"external_id":"1","name":"'=A"}"#);
        assert!(records("id\n1\n", &["nope=name"]).is_err());
    }

    #[test]
    fn a_quote_that_is_never_closed_is_an_error_before_the_file_is_in_memory() {
        let text = format!("name\n\"{}", "x\n".repeat(MAX_ROW_BYTES * 2));
        assert!(records(&text, &[]).unwrap_err().to_string().contains("is a quote not closed?"));
    }
}
