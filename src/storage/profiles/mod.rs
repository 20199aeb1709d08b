//! Profiles: the repository and its statements.
//! May know what its parent may.

pub(in crate::storage) mod calls;
mod changes;
mod columns;
mod erase;
mod insert;
mod list;
pub(in crate::storage) mod lock;
mod lock_and_find_records;
pub(in crate::storage) mod read;
pub(in crate::storage) mod repository;
pub(in crate::storage) mod row;
mod save;

pub use repository::PgProfiles;
