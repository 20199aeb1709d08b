//! Batches of creates and updates: the handler, and the memory, the thread and the turns that batches have.
//! May know what `http` may.

mod answer;
pub(super) mod handler;
pub(super) mod memory;
pub(super) mod thread;
pub(super) mod turns;
