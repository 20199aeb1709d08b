//! Batching: concurrent profile calls served in one transaction, behind the same port.
//! May know what its parent may, and the profiles' statements.

mod fair_queue;
mod metrics;
mod profiles;
mod queue;

pub use profiles::BatchingProfiles;
pub use queue::BatchSettings;
