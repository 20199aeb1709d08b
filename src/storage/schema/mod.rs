//! The schema's version, the migrations that bring it up to date, and readiness, which depends on it.
//! May know what its parent may, and refinery.

mod migrate;
mod readiness;

pub use migrate::{SchemaError, SchemaState, migrate, schema_state};
pub use readiness::PgReadiness;
