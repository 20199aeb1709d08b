//! `Idempotency-Key`: how a POST is recognized and answered again.
//! May know what its parent may.

pub(in crate::http) mod in_flight;
pub(in crate::http) mod replay;
mod seal;
