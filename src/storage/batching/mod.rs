//! Concurrent calls for profiles, written and read in batches behind the same port.
//! May know what its parent may, and the profiles' statements.

mod fair_queue;
mod metrics;
mod profiles;
mod queue;

pub use profiles::BatchingProfiles;
pub use queue::BatchSettings;
