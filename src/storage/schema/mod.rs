//! The schema's version, the migrations that bring it up to date, readiness, which depends on it, the database's clock, and what an operator watches in it.
//! May know what its parent may, and refinery.

mod clock;
mod migrate;
mod migrator;
mod readiness;
mod statistics;

pub use clock::PgClock;
pub use migrate::{SchemaError, SchemaState, migrate, schema_state};
pub use readiness::PgReadiness;
pub use statistics::PgStatistics;
