//! The parts of answers and query strings: scalars, timestamps, cursors, pages and errors.
//! May know what its parent may.

pub mod cursor;
pub mod error;
pub(in crate::api) mod event_cursor;
mod filter_digest;
pub(in crate::api) mod history_cursor;
pub mod id_page;
pub(in crate::api) mod parameters;
pub(in crate::api) mod scalars;
pub mod schema;
pub(in crate::api) mod timestamp;
