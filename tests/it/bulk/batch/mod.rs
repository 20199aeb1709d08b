//! Batches of creates and updates.

mod atomic;
mod envelope;
mod keys;
mod laws;
mod limits;
mod rates;
mod requests;
mod results;
