//! Batches: the creates and updates of one request in one transaction.
//! May know what its parent may.

mod answers;
mod parts;
mod transaction;
mod writes;
