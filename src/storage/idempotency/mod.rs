//! Idempotency records: the keys of requests and the answers stored under them.
//! May know what its parent may.

pub(super) mod insert;
mod once;
pub(super) mod records;
pub(super) mod replay;
