//! The service processes that run.
//! May know what its parent may.

mod repository;

pub use repository::PgReplicas;
