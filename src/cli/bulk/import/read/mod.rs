//! Reads a file line by line.
//! May know what its parent may.

pub(super) mod line;
pub(super) mod mapping;
mod ndjson;
pub(super) mod source;
mod table;
