//! Connections to Postgres: checkout and return, deadlines, errors.
//! May know what its parent may, and no statement.

mod checkout;
pub(super) mod connections;
pub(super) mod error;
mod metrics;
mod organization;
pub(super) mod settings;
mod warm_stack;

pub use connections::Pool;
pub use settings::{PoolSettings, check_database_url};
