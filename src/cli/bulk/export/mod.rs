//! `uprof export`: from a service to a file.
//! May know what its parent may.

mod download;
mod items;
mod lines;
mod output;
mod rows;
mod verb;

pub(in crate::cli) use verb::Export;
