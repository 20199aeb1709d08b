//! `uprof import`: from a file to a service.
//! May know what its parent may.

mod batch;
mod dry_run;
mod key;
mod lookup;
mod read;
mod rejections;
mod run;
mod send;
mod state;
mod verb;

pub(in crate::cli) use verb::Import;
