//! Filtered lists: which predicate drives, and the statements that check the others.
//! May know what its parent may.

mod bounds;
mod conditions;
mod driver;
mod intersection;
mod look_up;
mod names;
mod page;
mod plan;
mod search;
mod statements;

pub(in crate::storage) use look_up::{LookUp, look_up};
pub(super) use page::rows;
