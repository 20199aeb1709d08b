//! Profiles: the repository and its statements.
//! May know what its parent may.

mod changes;
pub(in crate::storage) mod columns;
mod list;
pub(in crate::storage) mod lock;
pub(in crate::storage) mod repository;
pub(in crate::storage) mod row;
pub(in crate::storage) mod write;

pub use repository::PgProfiles;
