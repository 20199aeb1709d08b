//! uprof: the user-profile service.
pub mod database;
