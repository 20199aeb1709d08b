//! Batches of creates and updates: the handler, and the memory and the thread that batches have.
//! May know what `http` may.

mod answer;
pub(super) mod handler;
pub(super) mod memory;
pub(super) mod thread;
