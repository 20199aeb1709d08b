//! Exports of profiles: their query, and their lines as NDJSON or CSV.
//! May know what its parent may, and the csv crate.

pub mod csv_text;
mod format;
pub mod lines;
mod query;

pub use format::ExportFormat;
pub use lines::{ExportTrailer, ExportWriter};
pub use query::{ExportQuery, MAX_LIMIT, parse_query};
