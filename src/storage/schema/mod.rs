//! The schema's version, the migrations that bring it up to date, readiness, which depends on it, and the database's clock.
//! May know what its parent may, and refinery.

mod clock;
mod migrate;
mod migrator;
mod readiness;

pub use clock::PgClock;
pub use migrate::{SchemaError, SchemaState, migrate, schema_state};
pub use readiness::PgReadiness;
