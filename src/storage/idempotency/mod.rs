//! Idempotency keys and the answers stored under them.
//! May know what its parent may.

pub(in crate::storage) mod insert;
mod once;
pub(in crate::storage) mod records;
pub(in crate::storage) mod replay;
