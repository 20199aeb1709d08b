//! How answers are printed.
//! May know what its parent may.

pub(in crate::cli) mod printer;
mod readable;
mod transform;
