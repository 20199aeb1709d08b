//! How answers are printed.
//! May know `document` and `message` of the client verbs.

pub(in crate::cli) mod format;
mod gjson;
pub(in crate::cli) mod printer;
mod readable;
