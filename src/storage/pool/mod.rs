//! Connections to Postgres: how they are checked out and returned, their deadlines, and their errors.
//! May know what its parent may, and no statement.

pub(in crate::storage) mod checkout;
pub(in crate::storage) mod connections;
pub(in crate::storage) mod error;
mod warm_stack;

pub use connections::{Pool, PoolSettings};
