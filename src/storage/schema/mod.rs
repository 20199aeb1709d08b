//! The schema's version, and the migrations that bring it up to date.
//! May know what its parent may, and refinery.

mod migrate;

pub use migrate::{SchemaError, SchemaState, migrate, schema_state};
