//! GJSON paths, as `--transform` takes them.
//! May know `document` of the client verbs.

mod brackets;
mod key;
mod literal;
mod modifier;
mod multipath;
mod query;
mod select;
#[cfg(test)]
mod tests;

pub(in crate::cli) use modifier::unknown_in;
pub(in crate::cli) use select::select;
