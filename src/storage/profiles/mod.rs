//! Profiles: the repository, and a file for each statement.
//! May know what its parent may.

mod bulk;
pub(super) mod calls;
mod changes;
pub(super) mod columns;
pub(in crate::storage) mod erase;
mod erasures;
pub(super) mod find;
mod insert;
mod list;
pub(super) mod lock;
pub(super) mod read;
mod read_for_update;
mod repository;
pub(super) mod row;
mod save;
mod update;

pub use erasures::PgErasures;
pub use repository::PgProfiles;
