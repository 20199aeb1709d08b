//! The batches of an import: the same for the same file and options, so that a batch that is sent again is recognized.

use std::collections::HashSet;
use std::io;

use super::read::line::{Line, Record, Rejection};
use super::read::source::Records;
use crate::api::ApiVersion;

/// The most bytes of a batch in memory, which is more than its body has: a service accepts 8 MiB.
const MAX_BATCH_BYTES: usize = 4 << 20;

/// Consecutive lines under one version, none of which has the external id of another.
#[derive(Debug)]
pub(super) struct Batch {
    /// From 0.
    pub(super) index: u64,
    pub(super) first_line: u64,
    pub(super) version: ApiVersion,
    pub(super) lines: Vec<Line>,
    /// Lines between them that cannot be sent.
    pub(super) rejected: Vec<Rejection>,
}

impl Batch {
    /// The external ids of its lines.
    pub(super) fn external_ids(&self) -> HashSet<String> {
        self.lines.iter().filter_map(|line| line.external_id.clone()).collect()
    }
}

/// Reads a file batch by batch.
pub(super) struct Batches {
    records: Records,
    /// The record with which the next batch begins.
    next: Option<Record>,
    count: u64,
    max_lines: usize,
}

impl Batches {
    /// Batches of up to `max_lines`.
    pub(super) const fn new(records: Records, max_lines: usize) -> Self {
        Self { records, next: None, count: 0, max_lines }
    }

    /// The next batch; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Batch>> {
        let (mut lines, mut rejected) = (Vec::new(), Vec::new());
        let (mut first_line, mut version) = (None, None);
        let (mut bytes, mut external_ids) = (0, HashSet::new());
        while lines.len() + rejected.len() < self.max_lines && bytes < MAX_BATCH_BYTES {
            let Some(record) = self.next.take().map_or_else(|| self.records.next(), |record| Ok(Some(record)))? else {
                break;
            };
            match record {
                Record::Rejected(rejection) => {
                    first_line.get_or_insert(rejection.number);
                    bytes += rejection.text.len();
                    rejected.push(rejection);
                }
                Record::Line(line) => {
                    let is_other = *version.get_or_insert(line.version) != line.version;
                    let is_again = line.external_id.as_ref().is_some_and(|id| !external_ids.insert(id.clone()));
                    if is_other || is_again {
                        self.next = Some(Record::Line(line));
                        break;
                    }
                    first_line.get_or_insert(line.number);
                    bytes += line.bytes();
                    lines.push(line);
                }
            }
        }
        let Some(first_line) = first_line else { return Ok(None) };
        let index = self.count;
        self.count += 1;
        let version = version.unwrap_or(ApiVersion::NEWEST);
        Ok(Some(Batch { index, first_line, version, lines, rejected }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::export::ExportFormat;

    fn batches(text: &str, max_lines: usize) -> Vec<Vec<u64>> {
        let input = Box::new(io::Cursor::new(text.to_owned()));
        let mut batches = Batches::new(Records::new(input, ExportFormat::Ndjson, None, &[]).unwrap(), max_lines);
        let mut found = Vec::new();
        while let Some(batch) = batches.next().unwrap() {
            assert_eq!(batch.index, found.len() as u64);
            let mut numbers: Vec<_> = batch.lines.iter().map(|line| line.number).collect();
            numbers.extend(batch.rejected.iter().map(|rejection| rejection.number));
            numbers.sort_unstable();
            assert_eq!(batch.first_line, numbers[0]);
            found.push(numbers);
        }
        found
    }

    #[test]
    fn a_batch_ends_at_its_limit_at_another_version_and_at_an_external_id_that_it_has() {
        let (a, b, other) = (r#"{"external_id":"a"}"#, r#"{"external_id":"b"}"#, r#"{"name":"x"}"#);
        assert_eq!(batches(&[a, b, "?", a, b, other, other].join("\n"), 9), [vec![1, 2, 3], vec![4, 5], vec![6, 7]]);
        assert_eq!(batches(&[other, "?", other, other].join("\n"), 2), [vec![1, 2], vec![3, 4]]);
        assert_eq!(batches("?\n\n?\n", 1), [vec![1], vec![3]]);
        assert_eq!(batches("", 1), Vec::<Vec<u64>>::new());
        let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(200_000));
        assert_eq!(batches(&[large.as_str(); 15].join("\n"), 100).iter().map(Vec::len).collect::<Vec<_>>(), [11, 4]);
    }
}
