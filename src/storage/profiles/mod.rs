//! Profiles: the repository, and a file for each statement.
//! May know what its parent may.

pub(super) mod calls;
mod changes;
mod columns;
pub(in crate::storage) mod erase;
mod insert;
mod list;
pub(super) mod lock;
mod lock_and_find_records;
pub(super) mod read;
mod repository;
pub(super) mod row;
mod save;

pub use repository::PgProfiles;
